/**
 * Drawings as PNG.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { plotFonts, runsOf } from "./fonts.ts";
import type { Scene } from "./scene.ts";
import { sceneToSvg } from "./svg.ts";

/** Pixels a point. */
const SCALE = 2;

let loading: Promise<void> | undefined;

/**
 * Draws a drawing into a picture of two pixels a point, in the light colours.
 *
 * @param scene the drawing
 * @returns the bytes of the file
 * @throws {Error} if the renderer or the font cannot be read
 */
export async function sceneToPng(scene: Scene): Promise<Uint8Array> {
  const { initWasm, Resvg } = await import("@resvg/resvg-wasm");
  const wasm = new URL("./index_bg.wasm", import.meta.resolve("@resvg/resvg-wasm"));
  await (loading ??= readFile(wasm).then((bytes) => initWasm(bytes)));
  const texts = scene.shapes.flatMap((shape) => shape.kind === "text" ? [shape.text] : []);
  const { regular, bold, others } = await plotFonts(texts);
  const shapes = scene.shapes.map((shape) => {
    if (shape.kind !== "text") return shape;
    const runs = runsOf(shape.text.toWellFormed(), [shape.bold ? bold : regular, ...others]);
    return { ...shape, text: runs.map(({ text }) => text).join("") };
  });
  const drawing = new Resvg(sceneToSvg({ ...scene, shapes }, { adapts: false }), {
    fitTo: { mode: "zoom", value: SCALE },
    font: {
      fontBuffers: [regular, bold, ...others].map(({ bytes }) => bytes),
      ...{ defaultFontFamily: "Inter", sansSerifFamily: "Inter" },
    },
  });
  const image = drawing.render();
  try {
    return image.asPng();
  } finally {
    image.free();
    drawing.free();
  }
}
