/**
 * Clips of demo mixes, which the references of the separation were made from.
 *
 * @module
 */

import { join } from "node:path";
import { excerpt, readMixture } from "../pipeline/mixture.ts";
import type { Tensor } from "../core/tensor.ts";
import {
  type ClipEntry,
  fixturesDirectory,
  type PieceEntry,
  readVerified,
  ReferenceError,
} from "./manifest.ts";

/**
 * Cuts a clip out of the decoded mix of a piece.
 *
 * @param clip where it lies
 * @param pieces the manifest's pieces
 * @param directory the fixtures folder
 * @returns `[2, samples]` f32, full scale 1.0, 44.1 kHz
 * @throws {ReferenceError} if the mix is missing, was changed, or ends before the clip does
 */
export async function readClip(
  { piece, startSample, samples }: ClipEntry,
  pieces: Readonly<Record<string, PieceEntry>>,
  directory: string = fixturesDirectory,
): Promise<Tensor<"f32">> {
  const mix = pieces[piece]?.audio.mix;
  if (mix === undefined) throw new ReferenceError(`The manifest has no mix of the piece ${piece}`);
  await readVerified(mix, directory);
  const { mixture } = await readMixture(join(directory, mix.path));
  const length = mixture.data.length / 2;
  if (startSample + samples > length) {
    throw new ReferenceError(
      `The clip of ${piece} ends at sample ${startSample + samples}, but ${mix.path} has ${length}`,
    );
  }
  return excerpt(mixture, startSample, samples);
}
