/**
 * Whether every stage gives upstream's answer: `.npy` files, comparison, suites of stored references.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { compare, readNpy, writeNpy } from "./mod.ts";
 * import { tensor } from "../core/tensor.ts";
 * const beats = tensor("f64", [2], Float64Array.of(0.5, 1));
 * const stored = readNpy(writeNpy(beats));
 * ok(compare(beats, stored, { absolute: 1e-9, relative: 0 }).passed);
 * ```
 *
 * @module
 */

export * from "./backends.ts";
export * from "./clip.ts";
export * from "./compare.ts";
export * from "./diff.ts";
export * from "./growth.ts";
export * from "./inner_seams/table.ts";
export * from "./judge.ts";
export * from "./render/junit.ts";
export * from "./manifest.ts";
export * from "./render/markdown.ts";
export * from "../core/npy.ts";
export * from "../core/npy_error.ts";
export type { NpyHeader } from "../core/npy_header.ts";
export * from "../core/npy_file.ts";
export * from "../core/npz.ts";
export * from "./picture.ts";
export * from "./piece.ts";
export * from "./recording.ts";
export * from "./render/report.ts";
export * from "./rounded_stems.ts";
export * from "./run.ts";
export * from "./sampled.ts";
export * from "./render/statistics.ts";
export * from "./stage_computers.ts";
export * from "./suite.ts";
export type { UlpHistogram } from "./ulps.ts";
export * from "./render/walk_text.ts";
export * from "./walk.ts";
export * from "./walk_stages.ts";
export type { ZipLimits } from "../core/zip.ts";
