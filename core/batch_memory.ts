/**
 * Options of `deno run` and of glibc for `analyze`, by which the memory of a batch stays low. The task of `deno.json` has the same.
 *
 * Runs under Node as well, for the launcher.
 *
 * @module
 */

/** A small young part of V8's heap, and garbage that is collected when the heap has grown by 30 %. */
export const HEAP_OPTION =
  "--v8-flags=--max-semi-space-size=2,--initial-old-space-size=14,--heap-growing-percent=30";

/**
 * Environment variables for glibc: two heaps, since more take memory from a batch; and what is free at the end of a heap goes
 * back from 256 KiB on, by which also arrays above 128 KiB stay outside the heaps.
 */
export const GLIBC_SETTINGS: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: "2",
  MALLOC_TRIM_THRESHOLD_: "262144",
};
