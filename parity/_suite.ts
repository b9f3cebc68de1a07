/**
 * Runs a suite: every stage on every piece, judged against the stored references.
 *
 * @module
 */

import { backendOf } from "../pipeline/backends/backend.ts";
import { type Demixer, releaseDemixer } from "../pipeline/demix.ts";
import type { Stage, StageContext } from "../pipeline/stages.ts";
import { runTurn } from "./implementation.ts";
import { type Piece, unreferenced } from "./judge.ts";
import type { Manifest, ReferenceEntry, SeparationEntry, SuiteEntry } from "./manifest.ts";
import { ownImplementation } from "./own_implementation.ts";
import { OWN_PIPELINE } from "./own_pipeline.ts";
import { CLIP_STAGES, loadClip, loadPiece, PIECE_STAGES, type PieceSource } from "./piece.ts";
import type { Mode, SeamResult } from "./report.ts";

/** Modes and stages to run, and the location of the references. */
export interface SuiteOptions {
  /** Modes, which run one after the other. */
  readonly modes: readonly Mode[];
  /** Names of the stages to judge; absent for all. */
  readonly stages?: readonly string[];
  /** The fixtures folder. */
  readonly directory: string;
  /** Loads a separation network by its name; called only where a stage needs one. */
  readonly loadDemixer: (model: string) => Promise<Demixer>;
  /** Receives a description of each stage before it runs. */
  readonly onStage?: (description: string) => void;
}

/**
 * Runs one suite: the separation on its clips, all other stages on its pieces, starting from their stems.
 *
 * @param name name of the suite
 * @param suite its references
 * @param music pieces and clips of the manifest
 * @param context the model, with embeddings on
 * @param options modes, stages, location of the references
 * @returns one result for each seam, piece and mode; a seam without a reference fails
 * @throws {ReferenceError} if a stored file is missing or differs from the manifest
 */
export async function runSuite(
  name: string,
  suite: SuiteEntry,
  music: Pick<Manifest, "pieces" | "clips">,
  context: StageContext,
  options: SuiteOptions,
): Promise<SeamResult[]> {
  const { directory } = options;
  // What starts from the mix has the same input in both modes, and separations of many clips take long.
  const modes = suite.pieces === undefined ? options.modes.slice(0, 1) : options.modes;
  const source = ([piece, entries]: [string, readonly ReferenceEntry[]]): PieceSource => ({
    ...{ suite: name, name: piece, entries, music, directory },
  });
  const results: SeamResult[] = [];
  const { separation } = suite;
  const clipStages = chosen(clipStagesOf(suite), options.stages);
  if (separation !== undefined && clipStages.length > 0) {
    const clips = Object.entries(separation.clips).map(source);
    results.push(...await runClips(clips, separation, clipStages, context, { ...options, modes }));
    const names = Object.keys(music.clips).filter((clip) => music.clips[clip]?.suite === name);
    results.push(...missing(name, separation.clips, names, modes, clipStages));
  }
  const { pieces } = suite;
  const pieceStages = chosen(PIECE_STAGES, options.stages);
  if (pieces !== undefined && pieceStages.length > 0) {
    for (const piece of Object.entries(pieces).map(source)) {
      await context.model;
      results.push(...await runPiece(await loadPiece(piece), pieceStages, context, options));
    }
    const names = Object.keys(music.pieces);
    results.push(...missing(name, pieces, names, modes, pieceStages));
  }
  return results;
}

/**
 * Returns the stages that a suite judges.
 *
 * @param suite its references
 * @param named names of the stages to keep; absent for all
 */
export function stagesOf(suite: SuiteEntry, named?: readonly string[]): readonly Stage[] {
  const pieceStages = suite.pieces === undefined ? [] : PIECE_STAGES;
  return chosen([...clipStagesOf(suite), ...pieceStages], named);
}

/** Returns a failure for each seam that the manifest lacks. */
function missing(
  suite: string,
  pieces: Readonly<Record<string, readonly ReferenceEntry[]>>,
  names: readonly string[],
  modes: readonly Mode[],
  stages: readonly Stage[],
): SeamResult[] {
  const references = new Map(
    Object.entries(pieces).map((
      [piece, entries],
    ) => [piece, new Set(entries.map(({ seam }) => seam))]),
  );
  return unreferenced(OWN_PIPELINE, suite, references, names, modes, stages);
}

function clipStagesOf({ separation }: SuiteEntry): readonly Stage[] {
  return separation === undefined ? [] : CLIP_STAGES;
}

/** Runs the separation. Its network takes gigabytes, and is released before other stages run. */
async function runClips(
  clips: readonly PieceSource[],
  { model, shifts }: SeparationEntry,
  stages: readonly Stage[],
  context: StageContext,
  options: SuiteOptions,
): Promise<SeamResult[]> {
  if (clips.length === 0) return [];
  const results: SeamResult[] = [];
  const demixer = await options.loadDemixer(model);
  const separation = { demixer: Promise.resolve(demixer), shifts, stems: "floats" as const };
  try {
    for (const clip of clips) {
      const piece = await loadClip(clip);
      results.push(...await runPiece(piece, stages, { ...context, separation }, options));
    }
  } finally {
    await releaseDemixer(demixer);
  }
  return results;
}

async function runPiece(
  piece: Piece,
  stages: readonly Stage[],
  context: StageContext,
  { modes, onStage }: SuiteOptions,
): Promise<SeamResult[]> {
  const implementation = ownImplementation(backendOf(context.compute), context);
  const results: SeamResult[] = [];
  for (const mode of modes) {
    const turn = { piece, mode, stages, ...(onStage && { onStage }) };
    results.push(...await runTurn(OWN_PIPELINE, implementation, turn));
  }
  return results;
}

function chosen(
  stages: readonly Stage[],
  named: readonly string[] | undefined,
): readonly Stage[] {
  return stages.filter(({ name }) => named === undefined || named.includes(name));
}
