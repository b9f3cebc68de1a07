/**
 * Compares every stage with stored references of upstream: comparison of tensors, suites, recordings of
 * seams, backends side by side, and walks to the first wrong operation.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { compare } from "./mod.ts";
 * import { tensor } from "../core/tensor.ts";
 *
 * const reference = tensor("f32", [2], Float32Array.of(1, 2));
 * const output = tensor("f32", [2], Float32Array.of(1, 2.0001));
 * const { passed, smallestTolerance } = compare(output, reference, { absolute: 1e-6, relative: 1e-6 });
 * ok(!passed && smallestTolerance! > 3e-5);
 * ```
 *
 * @module
 */

export {
  type BackendOptions,
  type BackendReport,
  type BackendResult,
  backendsAgree,
  compareBackends,
} from "./backend_comparison.ts";
export { type BackendRunner, backendRunners, type RunnerOptions } from "./backend_runners.ts";
export { compare, refused } from "./compare.ts";
export {
  type ArrayComparison,
  compareArrays,
  type Sample,
  type SampleStatistics,
  type SeamArray,
  type StoredArray,
  takeSample,
} from "./compare_arrays.ts";
export {
  diffRecordings,
  type DiffTolerances,
  isAlike,
  readTolerances,
  type RecordingDifference,
  RecordingError,
  type SeamDifference,
  type Tolerances,
} from "./diff.ts";
export { type Implementation, runTurn, type Turn } from "./implementation.ts";
export { type Judging, type Piece, ruleOf, type StageOutcome, unreferenced } from "./judge.ts";
export { type ClipEntry, type Manifest, type PieceEntry, readManifest } from "./manifest.ts";
export type { Reference } from "./reference.ts";
export { ReferenceError } from "./reference_error.ts";
export { ownImplementation, type Prepare, type PreparedStage } from "./own_implementation.ts";
export { isSeamName, OWN_PIPELINE, ownPipeline } from "./own_pipeline.ts";
export { firstFailures } from "./first_failures.ts";
export { madeBy } from "./made_by.ts";
export { readClip } from "./piece.ts";
export {
  type Float32Rule,
  type PipelineDescription,
  type SeamRule,
  type StageOutline,
} from "./pipeline_description.ts";
export { ParityReportError, readParityReport } from "./report_document.ts";
export { type RecordingOrigin, recordSeams } from "./recording.ts";
export { parityJunit } from "./render/junit.ts";
export { parityMarkdown } from "./render/markdown.ts";
export { parityPage } from "./render/parity_page.tsx";
export {
  backendTable,
  differenceStatistics,
  diffTable,
  parityTable,
  statisticsTable,
  timingTable,
} from "./render/tables.ts";
export { walkText } from "./render/walk_text.ts";
export {
  comparedNothing,
  type Comparison,
  type FirstFailure,
  type MadeBy,
  type Mode,
  type ParityReport,
  passed,
  type SeamResult,
  type StageTime,
  type SuiteReport,
  type Timings,
  type Tolerance,
  type UpstreamError,
  type Walk,
} from "./report.ts";
export { type ParityRun, type ParityRunOptions, runParity } from "./run.ts";
export { MODES, SUITES } from "./suites.ts";
export { type FloatTolerance, floatTolerance, TOLERANCES, typedTolerance } from "./tolerances.ts";
export { type Answer, type Answers, selfTest, type StageCheck } from "./self_test/check_stages.ts";
