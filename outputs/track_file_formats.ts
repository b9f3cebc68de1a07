/**
 * Formats of the files for viewers and listeners.
 *
 * @module
 */

/** Formats of plots; upstream writes PDF. */
export const PLOT_FORMATS = ["pdf", "svg", "png"] as const;

/** A format of plots. */
export type PlotFormat = typeof PLOT_FORMATS[number];

/** Formats of click tracks, 16 bit. */
export const CLICK_FORMATS = ["wav", "flac"] as const;

/** A format of click tracks. */
export type ClickFormat = typeof CLICK_FORMATS[number];
