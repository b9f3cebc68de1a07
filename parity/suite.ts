/**
 * Runs a suite: every stage of every piece against its stored references.
 *
 * @module
 */

import { join } from "node:path";
import { reachableStages, type RunObserver, runStages } from "../pipeline/runner.ts";
import {
  type SeamName,
  type Seams,
  type Stage,
  type StageContext,
  STAGES,
} from "../pipeline/stages.ts";
import { readStems, STEMS } from "../pipeline/stems.ts";
import type { Tensor } from "../pipeline/tensor.ts";
import { judge, type Mode, type Piece, type SeamResult, unreferenced } from "./judge.ts";
import {
  type PieceEntry,
  readReference,
  readVerified,
  type ReferenceEntry,
  type SuiteEntry,
} from "./manifest.ts";

/** What to run. */
export interface SuiteOptions {
  /** The modes to run in, one after the other. */
  readonly modes: readonly Mode[];
  /** Only these stages are judged; absent for all. */
  readonly stages?: readonly string[];
  /** The fixtures folder. */
  readonly directory: string;
  /** Told before each stage. */
  readonly onStage?: (description: string) => void;
}

/**
 * Runs one suite.
 *
 * @param name name of the suite
 * @param suite its references
 * @param pieces the audio of the pieces
 * @param context the model, with embeddings on
 * @param options what to run
 * @returns one result a seam, piece and mode; a seam without a reference fails
 * @throws {ReferenceError} if a stored file is missing or is not what the manifest says
 */
export async function runSuite(
  name: string,
  suite: SuiteEntry,
  pieces: Readonly<Record<string, PieceEntry>>,
  context: StageContext,
  options: SuiteOptions,
): Promise<SeamResult[]> {
  const results: SeamResult[] = [];
  for (const [pieceName, entries] of Object.entries(suite.pieces)) {
    const piece = await loadPiece(name, pieceName, pieces[pieceName], entries, options.directory);
    for (const mode of options.modes) {
      results.push(...await (mode === "isolated" ? isolated : chained)(piece, context, options));
    }
  }
  return [
    ...results,
    ...unreferenced(name, suite, Object.keys(pieces), options.modes, chosen(options)),
  ];
}

async function loadPiece(
  suite: string,
  name: string,
  piece: PieceEntry | undefined,
  entries: readonly ReferenceEntry[],
  directory: string,
): Promise<Piece> {
  if (piece === undefined) throw new Error(`The manifest has no audio for the piece ${name}`);
  const audio = STEMS.map((stem) => piece.audio[stem]);
  await Promise.all(audio.map((entry) => readVerified(entry, directory)));
  const [stems, tensors] = await Promise.all([
    readStems(audio.map((entry) => join(directory, entry.path))),
    Promise.all(entries.map((entry) => readReference(entry, directory))),
  ]);
  return {
    suite,
    name,
    given: { stems16: stems.stems16 },
    references: new Map(
      entries.map((entry, i) => [entry.seam, { entry, tensor: tensors[i] as Tensor }]),
    ),
  };
}

async function isolated(
  piece: Piece,
  context: StageContext,
  options: SuiteOptions,
): Promise<SeamResult[]> {
  const inputs: Partial<Record<SeamName, Tensor>> = { ...piece.given };
  for (const [seam, { tensor }] of piece.references) inputs[seam] = tensor;
  await context.model;
  const results: SeamResult[] = [];
  for (const stage of chosen(options)) {
    options.onStage?.(`${piece.suite}, ${piece.name}, isolated: ${stage.name}`);
    const start = performance.now();
    const outputs = await stage.run(inputs as Seams, context);
    const durationSeconds = (performance.now() - start) / 1000;
    results.push(...judge(piece, "isolated", stage, outputs, durationSeconds));
  }
  return results;
}

async function chained(
  piece: Piece,
  context: StageContext,
  options: SuiteOptions,
): Promise<SeamResult[]> {
  await context.model;
  const durations = new Map<string, number>();
  const observer: RunObserver = {
    onStart: (stage) => options.onStage?.(`${piece.suite}, ${piece.name}, chained: ${stage}`),
    onTiming: ({ stage, start, end }) => durations.set(stage, end - start),
  };
  const last = STAGES.findLastIndex((stage) => chosen(options).includes(stage));
  const needed = STAGES.slice(0, last + 1);
  const seams = await runStages(piece.given, context, observer, performance.now(), needed);
  return chosen(options).flatMap((stage) =>
    judge(piece, "chained", stage, seams, durations.get(stage.name) ?? NaN)
  );
}

function chosen(options: SuiteOptions): Stage[] {
  const { stages } = options;
  const all = reachableStages(["stems16"], STAGES);
  return all.filter((stage) => stages === undefined || stages.includes(stage.name));
}
