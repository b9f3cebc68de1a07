/**
 * A drawing as a list of shapes, which the writers of SVG and PDF read.
 *
 * @module
 */

import type { ColourName } from "./colours.ts";

/** A filled rectangle. */
export interface Rectangle {
  /** Kind of the shape. */
  readonly kind: "rectangle";
  /** Left edge. */
  readonly x: number;
  /** Upper edge. */
  readonly y: number;
  /** Width. */
  readonly width: number;
  /** Height. */
  readonly height: number;
  /** Colour of the area. */
  readonly fill: ColourName;
  /** Opacity, 0 to 1; 1 by default. */
  readonly opacity?: number;
  /** Radius of the corners; 0 by default. */
  readonly radius?: number;
  /** Words that a browser shows on hovering. */
  readonly title?: string;
}

/** A path: an area, a line, or both. */
export interface Path {
  /** Kind of the shape. */
  readonly kind: "path";
  /** Commands `M`, `L` and `Z` of SVG with absolute coordinates. */
  readonly commands: string;
  /** Colour of the area; absent for none. */
  readonly fill?: ColourName;
  /** Colour of the line; absent for none. */
  readonly stroke?: ColourName;
  /** Width of the line; 1 by default. */
  readonly width?: number;
  /** Opacity, 0 to 1; 1 by default. */
  readonly opacity?: number;
  /** Lengths of dashes and gaps; a whole line by default. */
  readonly dashes?: number;
}

/** One line of text. */
export interface Text {
  /** Kind of the shape. */
  readonly kind: "text";
  /** Horizontal position of the anchor. */
  readonly x: number;
  /** Position of the baseline. */
  readonly y: number;
  /** The words. */
  readonly text: string;
  /** Size of the font. */
  readonly size: number;
  /** Colour. */
  readonly fill: ColourName;
  /** Whether it is semibold. */
  readonly bold?: boolean;
  /** Part of the text that is at `x`; its start by default. */
  readonly anchor?: "start" | "middle" | "end";
}

/** A shape of a drawing. */
export type Shape = Rectangle | Path | Text;

/** A drawing. Coordinates are points (1/72 inch in a PDF) from the upper left corner. */
export interface Scene {
  /** Width. */
  readonly width: number;
  /** Height. */
  readonly height: number;
  /** Title of the document. */
  readonly title: string;
  /** Shapes, the lowest first. */
  readonly shapes: readonly Shape[];
}

/** Returns the number with at most two decimals. */
export function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** A point, horizontally and vertically. */
export type Point = readonly [x: number, y: number];

/** Returns the commands of an open line through points. */
export function lineThrough(points: readonly Point[]): string {
  // A tenth of a point is less than half a pixel of a PNG.
  const tenths = (value: number): number => Math.round(value * 10) / 10;
  return points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${tenths(x)} ${tenths(y)}`).join("");
}

/** Returns the commands of vertical lines. */
export function verticals(xs: readonly number[], top: number, bottom: number): string {
  return xs.map((x) => lineThrough([[x, top], [x, bottom]])).join("");
}

/** Returns the commands of an area between two edges. */
export function areaBetween(upper: readonly Point[], lower: readonly Point[]): string {
  return lineThrough([...upper, ...lower.toReversed()]) + "Z";
}

/** Widths of narrow and wide characters in ems; of every other 0.58. */
const WIDTHS: readonly [RegExp, number][] = [
  [/[ilIj.,:;'|!’·]/u, 0.28],
  [/[ftr()[\]\-/\\ ]/u, 0.37],
  [/[mwMW@%—]/u, 0.92],
  [/[A-Z0-9#&+=<>~_?]/u, 0.68],
  [/\p{Mark}/u, 0],
  [
    /[\u1100-\u11ff\u2e80-\ud7af\uf900-\ufaff\ufe30-\ufe6f\uff00-\uffef]|\p{Emoji_Presentation}/u,
    1,
  ],
];

/** Estimates the width of a text in the font of the drawings, from above. */
export function textWidth(text: string, size: number, bold = false): number {
  let ems = 0;
  for (const character of text) {
    ems += WIDTHS.find(([pattern]) => pattern.test(character))?.[1] ?? 0.58;
  }
  return ems * size * (bold ? 1.05 : 1);
}

/** Cuts a text in its middle where it is wider than a room. */
export function fitted(text: string, size: number, room: number, bold = false): string {
  if (textWidth(text, size, bold) <= room) return text;
  const characters = [...text];
  for (let kept = characters.length - 1; kept > 1; kept--) {
    const first = Math.ceil(kept * 0.6);
    const cut = [...characters.slice(0, first), "…", ...characters.slice(first - kept)].join("");
    if (textWidth(cut, size, bold) <= room) return cut;
  }
  return "…";
}
