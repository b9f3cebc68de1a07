/**
 * What is known of one piece of music: what the stages are given, and the answers that are stored.
 *
 * @module
 */

import { join } from "node:path";
import { reachableStages } from "../pipeline/runner.ts";
import type { SeamName, Seams } from "../pipeline/seams.ts";
import { type Stage, STAGES } from "../pipeline/stages.ts";
import { readStems, STEMS } from "../pipeline/stems.ts";
import type { Tensor } from "../core/tensor.ts";
import { readClip } from "./clip.ts";
import {
  type Manifest,
  readReference,
  readVerified,
  type ReferenceEntry,
  ReferenceError,
} from "./manifest.ts";

/** Everything that is known about one piece of a suite. */
export interface Piece {
  /** Name of the suite. */
  readonly suite: string;
  /** Name of the piece. */
  readonly name: string;
  /** Stored answers, by seam. */
  readonly references: ReadonlyMap<SeamName, { entry: ReferenceEntry; tensor: Tensor }>;
  /** What the first stage starts from. */
  readonly given: Partial<Pick<Seams, "mixture" | "stems16">>;
}

/** The stages that are judged on whole pieces, of which the stems are given. */
export const PIECE_STAGES: readonly Stage[] = reachableStages(["stems16"]);

/** The stages that are judged on clips of mixes, which are too short for the others to mean anything. */
export const CLIP_STAGES: readonly Stage[] = STAGES.filter(({ inputs }) =>
  inputs.includes("mixture")
);

/** Which piece to load, and from where. */
export interface PieceSource {
  /** Name of the suite. */
  readonly suite: string;
  /** Name of the piece or clip. */
  readonly name: string;
  /** Its stored answers. */
  readonly entries: readonly ReferenceEntry[];
  /** The music that there is. */
  readonly music: Pick<Manifest, "pieces" | "clips">;
  /** The fixtures folder. */
  readonly directory: string;
}

/**
 * Loads a piece whose stems are given.
 *
 * @throws {ReferenceError} if a stored file is missing or is not what the manifest says
 */
export async function loadPiece(source: PieceSource): Promise<Piece> {
  const { name, music, directory } = source;
  const piece = music.pieces[name];
  if (piece === undefined) {
    throw new ReferenceError(`The manifest has no audio of the piece ${name}`);
  }
  const audio = STEMS.map((stem) => piece.audio[stem]);
  await Promise.all(audio.map((entry) => readVerified(entry, directory)));
  const { stems16 } = await readStems(audio.map((entry) => join(directory, entry.path)));
  return await withReferences(source, { stems16 });
}

/**
 * Loads a clip of a mix.
 *
 * @throws {ReferenceError} if a stored file is missing or is not what the manifest says
 */
export async function loadClip(source: PieceSource): Promise<Piece> {
  const { name, music, directory } = source;
  const clip = music.clips[name];
  if (clip === undefined) {
    throw new ReferenceError(`The manifest does not say what clip ${name} is`);
  }
  return await withReferences(source, {
    mixture: await readClip(clip, music.pieces, directory),
  });
}

async function withReferences(
  { suite, name, entries, directory }: PieceSource,
  given: Piece["given"],
): Promise<Piece> {
  const tensors = await Promise.all(entries.map((entry) => readReference(entry, directory)));
  const references = entries.map((entry, i) =>
    [entry.seam, { entry, tensor: tensors[i] as Tensor }] as const
  );
  return { suite, name, given, references: new Map(references) };
}
