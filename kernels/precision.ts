/**
 * Precisions of the products of a separation network, apart from the functions that load the library.
 *
 * @module
 */

/** Precision of products: single, or bfloat16 with sums in single precision. */
export type Precision = "f32" | "bf16";

/** All precisions. The first is the default. */
export const PRECISIONS: readonly Precision[] = ["f32", "bf16"];
