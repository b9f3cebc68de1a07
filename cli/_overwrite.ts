/**
 * The parts of the work that `--overwrite` names.
 *
 * @module
 */

/** Parts of the work that `--overwrite` does anew. */
export const OVERWRITE_PARTS = ["all", "demix", "spec", "json", "viz", "sonify"] as const;

/** A part of the work that `--overwrite` does anew. */
export type OverwritePart = typeof OVERWRITE_PARTS[number];
