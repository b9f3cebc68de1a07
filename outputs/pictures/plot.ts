/**
 * The plot of an analysis in each format.
 *
 * @module
 */

import type { Tensor } from "../../core/tensor.ts";
import type { AnalyzedTrack } from "../../pipeline/analyze_track.ts";
import type { PlotFormat } from "../track_file_formats.ts";
import { drawTrack } from "./draw_track.ts";
import type { Scene } from "./scene.ts";
import { sceneToSvg } from "./svg.ts";
import { trackView } from "./track_view.ts";

/** Writers of drawings; those of PDF and PNG need libraries that are loaded when they are used. */
const WRITERS: Readonly<Record<PlotFormat, (scene: Scene) => Promise<string | Uint8Array>>> = {
  svg: (scene) => Promise.resolve(sceneToSvg(scene)),
  pdf: async (scene) => await (await import("./pdf.ts")).sceneToPdf(scene),
  png: async (scene) => await (await import("./png.ts")).sceneToPng(scene),
};

/**
 * Draws the analysis of a track.
 *
 * @param analyzed the analysis
 * @param mixture `[2, samples]` f32, full scale 1.0, 44.1 kHz
 * @param format format of the file
 * @returns content of the file
 * @throws {Error} if the font of the program or a library cannot be read
 */
export async function plot(
  analyzed: AnalyzedTrack,
  mixture: Tensor<"f32">,
  format: PlotFormat,
): Promise<string | Uint8Array> {
  return await WRITERS[format](drawTrack(trackView(analyzed, mixture)));
}
