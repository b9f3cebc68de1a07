/**
 * Pipelines that are described in a file `parity.toml`: their implementations run as processes, and all seams are
 * compared with references.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { parseParityFile } from "./mod.ts";
 *
 * const file = await parseParityFile(
 *   `format = 1
 *   name = "square"
 *   seams.squares = { dtype = "f64" }
 *   stages = [{ name = "square", outputs = ["squares"] }]
 *   inputs = [{ files = ["*.txt"] }]
 *   reference.folder = "references"
 *   implementations.ours.command = ["./square", "{input}", "{out}"]`,
 *   "parity.toml",
 * );
 * ok(file.stages[0]?.outputs.includes("squares"));
 * ```
 *
 * @module
 */

export { type DescribedFile, openDescribed } from "./described_file.ts";
export { describedNightly, type DescribedNightlyOptions } from "./described_nightly.ts";
export { describedPipeline } from "./described_pipeline.ts";
export type { Input } from "./inputs.ts";
export type { ImplementationEntry, InputEntry, ParityFile, SeamEntry } from "./parity_file.ts";
export type { ProcessOutcome } from "./process.ts";
export type { WorkCounter } from "./_work_counter.ts";
export type { MeasuredRun } from "./process_implementation.ts";
export { ParityFileError, parseParityFile, readParityFile } from "./read_parity_file.ts";
export type { ReferenceList, StoredSeam } from "./reference_folder.ts";
export { type DescribedRecordOptions, recordDescribed } from "./record_described.ts";
export { type DescribedRunOptions, NothingComparedError, runDescribed } from "./run_described.ts";
