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
export {
  type BackendRunner,
  backendRunners,
  type PreparedStage,
  type RunnerOptions,
} from "./backend_runners.ts";
export { compare } from "./compare.ts";
export {
  diffRecordings,
  isAlike,
  type RecordingDifference,
  RecordingError,
  type SeamDifference,
} from "./diff.ts";
export { type FloatTolerance, TOLERANCES } from "./judge.ts";
export {
  type ClipEntry,
  type Manifest,
  type PieceEntry,
  readManifest,
  ReferenceError,
} from "./manifest.ts";
export { readClip } from "./piece.ts";
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
} from "./render/tables.ts";
export { walkText } from "./render/walk_text.ts";
export {
  type Comparison,
  type Mode,
  type ParityReport,
  passed,
  type SeamResult,
  type Tolerance,
  type Walk,
} from "./report.ts";
export { type ParityRun, type ParityRunOptions, runParity } from "./run.ts";
export { MODES, SUITES } from "./suites.ts";
