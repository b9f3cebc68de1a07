/**
 * Drawings as SVG.
 *
 * @module
 */

import { type ColourName, COLOURS } from "./colours.ts";
import { rounded, type Scene, type Shape } from "./scene.ts";

/** Options of {@linkcode sceneToSvg}. */
export interface SvgOptions {
  /** Whether a viewer with a dark ground gets the dark colours; true by default. */
  readonly adapts?: boolean;
}

/** Fonts, the one of the program first. */
const FONTS = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

/**
 * Writes a drawing as SVG. Colours are attributes, and a style sheet has those for a dark ground.
 *
 * @param scene the drawing
 * @param options whether it adapts to a dark ground
 * @returns a document with a final newline
 */
export function sceneToSvg(scene: Scene, { adapts = true }: SvgOptions = {}): string {
  const { width, height, title, shapes } = scene;
  const used = new Set<ColourName>();
  const body = shapes.map((shape) => element(shape, used, adapts));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" role="img" font-family="${FONTS}">`,
    `<title>${escaped(title)}</title>`,
    ...(adapts ? [`<style>${darkStyle(used)}</style>`] : []),
    ...body,
    "</svg>",
  ].join("\n") + "\n";
}

function darkStyle(used: ReadonlySet<ColourName>): string {
  const rules = [...used].map((name) => {
    const { dark } = COLOURS[name];
    return `.f-${name}{fill:${dark}}.s-${name}{stroke:${dark}}`;
  });
  return `@media (prefers-color-scheme:dark){${rules.join("")}}`;
}

function element(shape: Shape, used: Set<ColourName>, adapts: boolean): string {
  const fill = shape.fill;
  const stroke = shape.kind === "path" ? shape.stroke : undefined;
  const names = [fill === undefined ? [] : [`f-${fill}`], stroke ? [`s-${stroke}`] : []].flat();
  for (const name of [fill, stroke]) if (name !== undefined) used.add(name);
  const paint = (adapts ? ` class="${names.join(" ")}"` : "") +
    ` fill="${fill === undefined ? "none" : COLOURS[fill].light}"` +
    (stroke === undefined ? "" : ` stroke="${COLOURS[stroke].light}"`);
  switch (shape.kind) {
    case "rectangle": {
      const { x, y, width, height, opacity = 1, radius = 0, title } = shape;
      const attributes = `x="${rounded(x)}" y="${rounded(y)}" width="${rounded(width)}" ` +
        `height="${rounded(height)}"${radius > 0 ? ` rx="${rounded(radius)}"` : ""}` +
        (opacity < 1 ? ` opacity="${opacity}"` : "");
      return title === undefined
        ? `<rect${paint} ${attributes}/>`
        : `<rect${paint} ${attributes}><title>${escaped(title)}</title></rect>`;
    }
    case "path": {
      const { commands, width = 1, opacity = 1, dashes = 0 } = shape;
      return `<path${paint}` + (stroke === undefined ? "" : ` stroke-width="${width}"`) +
        (opacity < 1 ? ` opacity="${opacity}"` : "") +
        (dashes > 0 ? ` stroke-dasharray="${dashes}"` : "") + ` d="${commands}"/>`;
    }
    case "text": {
      const { x, y, text, size, bold = false, anchor = "start" } = shape;
      return `<text${paint} x="${rounded(x)}" y="${rounded(y)}" font-size="${size}"` +
        (bold ? ' font-weight="600"' : "") +
        (anchor === "start" ? "" : ` text-anchor="${anchor}"`) + `>${escaped(text)}</text>`;
    }
  }
}

/** Escapes text for XML; characters that no XML document may hold become U+FFFD. */
function escaped(text: string): string {
  return text.toWellFormed()
    // deno-lint-ignore no-control-regex -- these are the characters to be replaced
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
