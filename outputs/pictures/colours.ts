/**
 * Colours of plots and of the player page.
 *
 * @module
 */

/** A colour on a light and on a dark ground, as `#rrggbb`. */
export interface Colour {
  /** Colour on a light ground. */
  readonly light: string;
  /** Colour on a dark ground. */
  readonly dark: string;
}

/** Colours by their use; those of labels serve both grounds, under dark text. */
export const COLOURS = {
  ground: { light: "#ffffff", dark: "#14181d" },
  ink: { light: "#1b1f24", dark: "#e6eaee" },
  muted: { light: "#57606a", dark: "#a3adb8" },
  line: { light: "#d5dae0", dark: "#39424c" },
  peaks: { light: "#a9bcd3", dark: "#3f5a78" },
  wave: { light: "#3d5f8a", dark: "#8fb6e0" },
  beat: { light: "#7d8894", dark: "#7f8b98" },
  downbeat: { light: "#c0392b", dark: "#ff8a76" },
  boundary: { light: "#6f42c1", dark: "#c3a6f7" },
  tempo: { light: "#1f5fa8", dark: "#7cb4f2" },
  onLabel: { light: "#1b1f24", dark: "#1b1f24" },
  start: { light: "#c6ccd3", dark: "#8d969f" },
  end: { light: "#c6ccd3", dark: "#8d969f" },
  intro: { light: "#9cc4e8", dark: "#86b4dd" },
  outro: { light: "#a9b4c6", dark: "#98a5ba" },
  break: { light: "#f0cf65", dark: "#dfba4a" },
  bridge: { light: "#c8a2dc", dark: "#ba90d1" },
  inst: { light: "#6fc7c4", dark: "#5cb5b2" },
  solo: { light: "#eb9cbd", dark: "#dd88ac" },
  verse: { light: "#8fcf8f", dark: "#78bb7a" },
  chorus: { light: "#f2946b", dark: "#e5825a" },
} as const satisfies Readonly<Record<string, Colour>>;

/** Name of a colour. */
export type ColourName = keyof typeof COLOURS;

/** Returns the colour of a label; that of `outro` for a label that is not known. */
export function labelColour(label: string): ColourName {
  return Object.hasOwn(COLOURS, label) ? label as ColourName : "outro";
}
