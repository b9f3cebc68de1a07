/**
 * Foundations without knowledge of music: tensors, array files, atomic writes, hashes and errors of the command line.
 *
 * @example
 * ```ts
 * import { deepStrictEqual as equal } from "node:assert/strict";
 * import { readNpy, tensor, writeNpy } from "./mod.ts";
 * const beats = tensor("f64", [3], Float64Array.of(0.5, 1, 1.5));
 * equal(readNpy(writeNpy(beats)), beats);
 * ```
 *
 * @module
 */

export * from "./counter_random.ts";
export { freeName, writeWhole } from "./files.ts";
export { readNpy, writeNpy } from "./npy.ts";
export * from "./array_error.ts";
export * from "./npz.ts";
export * from "./tensor.ts";
export * from "./usage_error.ts";
export type { ZipLimits } from "./zip.ts";
export type { Turns } from "./turns.ts";
export type { ArrayFile } from "./array_file.ts";
export { ELEMENT_TYPES, type Elements, type ElementType } from "./elements.ts";
export type { ArrayOpener, OpenArray } from "./recorded_arrays.ts";
