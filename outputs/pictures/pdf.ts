/**
 * Drawings as PDF.
 *
 * @module
 */

import { COLOURS } from "./colours.ts";
import { type PlotFont, type PlotFonts, plotFonts, runsOf } from "./fonts.ts";
import type { Scene, Shape, Text } from "./scene.ts";

/** The part of pdfkit's document that drawings need. */
interface Document {
  on(event: "data", receive: (part: Uint8Array) => void): void;
  on(event: "end", receive: () => void): void;
  on(event: "error", receive: (error: Error) => void): void;
  save(): Document;
  restore(): Document;
  opacity(value: number): Document;
  path(commands: string): Document;
  rect(x: number, y: number, width: number, height: number): Document;
  roundedRect(x: number, y: number, width: number, height: number, radius: number): Document;
  fill(colour: string): Document;
  stroke(colour: string): Document;
  fillAndStroke(fill: string, stroke: string): Document;
  lineWidth(width: number): Document;
  dash(length: number): Document;
  registerFont(name: string, font: unknown): Document;
  font(name: string): Document;
  fontSize(size: number): Document;
  fillColor(colour: string): Document;
  widthOfString(text: string): number;
  text(
    text: string,
    x: number,
    y: number,
    options: { lineBreak: boolean; baseline: string },
  ): Document;
  end(): void;
}

/**
 * Writes a drawing as a PDF of one page, in the light colours.
 *
 * @param scene the drawing
 * @returns the bytes of the file
 * @throws {Error} if the font cannot be read
 */
export async function sceneToPdf(scene: Scene): Promise<Uint8Array> {
  const { width, height, title, shapes } = scene;
  const { default: PDFDocument } = await import("pdfkit") as unknown as {
    default: new (options: object) => Document;
  };
  const texts = shapes.flatMap((shape) => shape.kind === "text" ? [shape.text] : []);
  const fonts = await plotFonts(texts);
  const document = new PDFDocument({
    ...{ size: [width, height], margin: 0, font: null, lang: "en", pdfVersion: "1.7" },
    info: { Title: title.toWellFormed(), Creator: "tactus" },
  });
  const parts: Uint8Array[] = [];
  const written = new Promise<void>((done, fail) => {
    document.on("data", (part) => parts.push(part));
    document.on("end", done);
    document.on("error", fail);
  });
  const all = [fonts.regular, fonts.bold, ...fonts.others];
  for (const [at, { opened }] of all.entries()) document.registerFont(`font${at}`, opened);
  for (const shape of shapes) draw(document, shape, fonts, (font) => `font${all.indexOf(font)}`);
  document.end();
  await written;
  return joined(parts);
}

function draw(
  document: Document,
  shape: Shape,
  fonts: PlotFonts,
  nameOf: (font: PlotFont) => string,
): void {
  document.save();
  const { opacity = 1 } = shape.kind === "text" ? {} : shape;
  if (opacity < 1) document.opacity(opacity);
  if (shape.kind === "rectangle") {
    const { x, y, width, height, radius = 0, fill } = shape;
    if (radius > 0) document.roundedRect(x, y, width, height, radius);
    else document.rect(x, y, width, height);
    document.fill(COLOURS[fill].light);
  } else if (shape.kind === "path" && shape.commands !== "") {
    const { commands, fill, stroke, width = 1, dashes = 0 } = shape;
    document.path(commands).lineWidth(width);
    if (dashes > 0) document.dash(dashes);
    if (fill !== undefined && stroke !== undefined) {
      document.fillAndStroke(COLOURS[fill].light, COLOURS[stroke].light);
    } else if (fill !== undefined) document.fill(COLOURS[fill].light);
    else if (stroke !== undefined) document.stroke(COLOURS[stroke].light);
  } else if (shape.kind === "text") {
    drawText(document, shape, fonts, nameOf);
  }
  document.restore();
}

function drawText(
  document: Document,
  { x, y, text, size, fill, bold = false, anchor = "start" }: Text,
  { regular, bold: semibold, others }: PlotFonts,
  nameOf: (font: PlotFont) => string,
): void {
  const runs = runsOf(text.toWellFormed(), [bold ? semibold : regular, ...others]);
  document.fontSize(size).fillColor(COLOURS[fill].light);
  const widths = runs.map(({ text, font }) => document.font(nameOf(font)).widthOfString(text));
  const width = widths.reduce((sum, one) => sum + one, 0);
  let at = anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2;
  for (const [run, { text, font }] of runs.entries()) {
    document.font(nameOf(font)).text(text, at, y, { lineBreak: false, baseline: "alphabetic" });
    at += widths[run]!;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
