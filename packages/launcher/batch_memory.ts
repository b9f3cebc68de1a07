/**
 * Options of `deno run` for `analyze`, by which the memory of a batch stays low. The task of `deno.json` has the same.
 *
 * Runs under Node as well, for the launcher.
 *
 * @module
 */

/** A small young part of V8's heap, and garbage that is collected when the heap has grown by 30 %. */
export const HEAP_OPTION =
  "--v8-flags=--max-semi-space-size=2,--initial-old-space-size=14,--heap-growing-percent=30";
