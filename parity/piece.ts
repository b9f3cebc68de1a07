/**
 * Pieces and clips of a suite: the input of their stages, and the stored references.
 *
 * @module
 */

import { join } from "node:path";
import type { Tensor } from "../core/tensor.ts";
import { excerpt, readMixture } from "../pipeline/mixture.ts";
import { reachableStages } from "../pipeline/runner.ts";
import { type Stage, STAGES } from "../pipeline/stages.ts";
import { readStems, STEMS } from "../pipeline/stems.ts";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { changedClip } from "./clip_changes.ts";
import type { Piece } from "./judge.ts";
import type { Reference } from "./reference.ts";
import type { ClipEntry, Manifest, PieceEntry, ReferenceEntry } from "./manifest.ts";
import { ReferenceError } from "./reference_error.ts";
import { readReference, readSample, readVerified } from "./references.ts";

/** Stages that are judged on whole pieces, starting from their stems. */
export const PIECE_STAGES: readonly Stage[] = reachableStages(["stems16"]);

/** Stages that are judged on clips of mixes. Clips are too short for the other stages. */
export const CLIP_STAGES: readonly Stage[] = STAGES.filter(({ inputs }) =>
  inputs.includes("mixture")
);

/** Location of a piece. */
export interface PieceSource {
  /** Name of the suite. */
  readonly suite: string;
  /** Name of the piece or clip. */
  readonly name: string;
  /** Its references. */
  readonly entries: readonly ReferenceEntry[];
  /** Pieces and clips of the manifest. */
  readonly music: Pick<Manifest, "pieces" | "clips">;
  /** The fixtures folder. */
  readonly directory: string;
}

/**
 * Loads a piece, starting from its stems.
 *
 * @throws {ReferenceError} if a stored file is missing or differs from the manifest
 */
export async function loadPiece(source: PieceSource): Promise<Piece> {
  const { name, music, directory } = source;
  const piece = music.pieces[name];
  if (piece === undefined) {
    throw new ReferenceError(`The manifest has no audio of the piece ${name}`);
  }
  return await withReferences(source, { stems16: await readPieceStems(piece, directory) });
}

/**
 * Reads the stems of a piece.
 *
 * @returns `[4, 2, samples]` i16, 44.1 kHz; bass, drums, other, vocals
 * @throws {ReferenceError} if a stored file is missing or differs from the manifest
 */
export async function readPieceStems(
  { audio }: PieceEntry,
  directory: string,
): Promise<Tensor<"i16">> {
  const files = STEMS.map((stem) => audio[stem]);
  await Promise.all(files.map((file) => readVerified(file, directory)));
  return (await readStems(files.map(({ path }) => join(directory, path)))).stems16;
}

/**
 * Loads a clip of a mix.
 *
 * @throws {ReferenceError} if a stored file is missing or differs from the manifest
 */
export async function loadClip(source: PieceSource): Promise<Piece> {
  const { name, music, directory } = source;
  const clip = music.clips[name];
  if (clip === undefined) throw new ReferenceError(`The manifest has no clip ${name}`);
  const mixture = await readClip(clip, music.pieces, directory);
  return await withReferences(source, { mixture });
}

/**
 * Cuts a clip out of the decoded mix of a piece, and changes it where the manifest says so.
 *
 * @param clip location of the clip
 * @param pieces pieces of the manifest
 * @param directory the fixtures folder
 * @returns `[2, samples]` f32, full scale 1.0, 44.1 kHz
 * @throws {ReferenceError} if the mix is missing, was changed, or is shorter than the clip needs
 */
export async function readClip(
  { piece, startSample, samples, change }: ClipEntry,
  pieces: Readonly<Record<string, PieceEntry>>,
  directory: string = FIXTURES_FOLDER,
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
  const clip = excerpt(mixture, startSample, samples);
  return change === undefined ? clip : changedClip(clip, change);
}

async function withReferences(
  { suite, name, entries, directory }: PieceSource,
  given: Piece["given"],
): Promise<Piece> {
  return { suite, name, given, references: await readReferences(entries, directory) };
}

/**
 * Reads references by the names of their seams.
 *
 * @throws {ReferenceError} if a stored file is missing or differs from the manifest
 */
export async function readReferences(
  entries: readonly ReferenceEntry[],
  directory: string,
): Promise<Map<string, Reference>> {
  const tensors = await Promise.all(entries.map((entry) => readReference(entry, directory)));
  const samples = await Promise.all(entries.map((entry) => readSample(entry, directory)));
  return new Map(entries.map(
    ({ seam, path, upstreamFloat32, firstFrames }, at): [string, Reference] => [seam, {
      ...{ path, upstreamFloat32, array: tensors[at]! },
      ...(firstFrames !== undefined && { firstFrames }),
      ...(samples[at] && { sample: samples[at] }),
    }],
  ));
}
