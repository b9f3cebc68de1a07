/**
 * Limits of the overlap of segments, apart from the functions that load the library.
 *
 * @module
 */

/** Upstream's default of the share of a segment that overlaps the next one. */
export const OVERLAP = 0.25;

/** The largest share of a segment that may overlap the next one. */
export const MOST_OVERLAP = 0.99;
