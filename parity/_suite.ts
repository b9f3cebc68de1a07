/**
 * Runs a suite: every stage on every piece, judged against the stored references.
 *
 * @module
 */

import type { Tensor } from "../core/tensor.ts";
import { type Demixer, releaseDemixer } from "../pipeline/demix.ts";
import { type RunObserver, runStages } from "../pipeline/runner.ts";
import type { SeamName, Seams } from "../pipeline/seams.ts";
import { type Stage, type StageContext, STAGES } from "../pipeline/stages.ts";
import { judge, unreferenced } from "./judge.ts";
import type { Manifest, ReferenceEntry, SeparationEntry, SuiteEntry } from "./manifest.ts";
import {
  CLIP_STAGES,
  loadClip,
  loadPiece,
  type Piece,
  PIECE_STAGES,
  type PieceSource,
} from "./piece.ts";
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
  const { modes, directory } = options;
  const source = ([piece, entries]: [string, readonly ReferenceEntry[]]): PieceSource => ({
    ...{ suite: name, name: piece, entries, music, directory },
  });
  const results: SeamResult[] = [];
  const { separation } = suite;
  const clipStages = chosen(clipStagesOf(suite), options.stages);
  if (separation !== undefined && clipStages.length > 0) {
    const clips = Object.entries(separation.clips).map(source);
    results.push(...await runClips(clips, separation, clipStages, context, options));
    const names = Object.keys(music.clips);
    results.push(...unreferenced(name, separation.clips, names, modes, clipStages));
  }
  const pieceStages = chosen(PIECE_STAGES, options.stages);
  if (pieceStages.length > 0) {
    for (const piece of Object.entries(suite.pieces).map(source)) {
      await context.model;
      results.push(...await runPiece(await loadPiece(piece), pieceStages, context, options));
    }
    const names = Object.keys(music.pieces);
    results.push(...unreferenced(name, suite.pieces, names, modes, pieceStages));
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
  return chosen([...clipStagesOf(suite), ...PIECE_STAGES], named);
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
  options: SuiteOptions,
): Promise<SeamResult[]> {
  const results: SeamResult[] = [];
  for (const mode of options.modes) {
    const run = mode === "isolated" ? runIsolated : runChained;
    results.push(...await run(piece, stages, context, options));
  }
  return results;
}

async function runIsolated(
  piece: Piece,
  stages: readonly Stage[],
  context: StageContext,
  options: SuiteOptions,
): Promise<SeamResult[]> {
  const inputs: Partial<Record<SeamName, Tensor>> = { ...piece.given };
  for (const [seam, { tensor }] of piece.references) inputs[seam] = tensor;
  const results: SeamResult[] = [];
  for (const stage of stages) {
    options.onStage?.(`${piece.suite}, ${piece.name}, isolated: ${stage.name}`);
    const start = performance.now();
    const outputs = await stage.run(inputs as Seams, context);
    const durationSeconds = (performance.now() - start) / 1000;
    results.push(...judge(piece, "isolated", stage, outputs, durationSeconds));
  }
  return results;
}

async function runChained(
  piece: Piece,
  stages: readonly Stage[],
  context: StageContext,
  options: SuiteOptions,
): Promise<SeamResult[]> {
  const durations = new Map<string, number>();
  const observer: RunObserver = {
    onStart: (stage) => options.onStage?.(`${piece.suite}, ${piece.name}, chained: ${stage}`),
    onTiming: ({ stage, start, end }) => durations.set(stage, end - start),
  };
  const last = STAGES.findLastIndex((stage) => stages.includes(stage));
  const needed = STAGES.slice(0, last + 1);
  const seams = await runStages(piece.given, context, observer, performance.now(), needed);
  return stages.flatMap((stage) =>
    judge(piece, "chained", stage, seams, durations.get(stage.name) ?? null)
  );
}

function chosen(
  stages: readonly Stage[],
  named: readonly string[] | undefined,
): readonly Stage[] {
  return stages.filter(({ name }) => named === undefined || named.includes(name));
}
