/**
 * Stages that can be walked through, and the inputs of their walks.
 *
 * @module
 */

import { demixerWeights } from "../models/demixer_weights.ts";
import { loadModel } from "../models/registry.ts";
import type { HtdemucsCheckpoint } from "../models/htdemucs/parameters.ts";
import type { Checkpoint } from "../models/all_in_one/parameters.ts";
import type { LoadOptions } from "../models/models_folder.ts";
import { backendOf, type ComputeOptions } from "../pipeline/backends/backend.ts";
import { demixSeams, firstSegment } from "./inner_seams/demix.ts";
import { networkSeams, spectrogramSeams } from "./inner_seams/native.ts";
import { SEGMENT, STEPS } from "./inner_seams/table.ts";
import type { Seams } from "../pipeline/seams.ts";
import { type StageContext, STAGES } from "../pipeline/stages.ts";
import { STEMS } from "../pipeline/stems.ts";
import { elementCount, slice, type Tensor } from "../core/tensor.ts";
import { asStored, readInner } from "./inner_references.ts";
import { compareSteps, judge, type Piece, stageOf, type StageOutcome } from "./judge.ts";
import type { Reference } from "./reference.ts";
import type { Manifest } from "./manifest.ts";
import { isSeamName, OWN_PIPELINE } from "./own_pipeline.ts";
import { isDiscrete } from "./pipeline_description.ts";
import { ReferenceError } from "./reference_error.ts";
import { readClip, readPieceStems, readReferences } from "./piece.ts";
import type { SeamResult, Walk } from "./report.ts";
import { walkOf } from "./_walk.ts";

/** Location of the references, compute options, and changes for tests. */
export interface WalkOptions extends LoadOptions {
  /** The fixtures folder. */
  readonly directory: string;
  /** Backend of the separation, and threads. The native kernels compute all other networks. */
  readonly compute?: ComputeOptions;
  /** Weights other than those of the references, for tests; of the network a single fold. */
  readonly weights?: { readonly demix?: HtdemucsCheckpoint; readonly network?: Checkpoint };
  /** Changes the input of the stage, for tests; of several inputs the last. */
  readonly onInput?: (input: Tensor) => void;
}

/** A stage that ran for a walk. */
interface Walked {
  /** Input, weights and backend. */
  readonly subject: string;
  /** References of the inner seams, and of the outputs where they are of the same run. */
  readonly references: ReadonlyMap<string, Reference>;
  /** Computed inner seams and outputs. */
  readonly seams: Readonly<Record<string, Tensor>>;
}

type Walker = (manifest: Manifest, options: WalkOptions) => Promise<Walked>;

const WALKERS: Readonly<Record<string, Walker>> = {
  demix: walkDemix,
  spectrogram: walkSpectrogram,
  network: walkNetwork,
  activations: (manifest, options) => walkObserved("activations", manifest, options),
  metrical: (manifest, options) => walkObserved("metrical", manifest, options),
  functional: (manifest, options) => walkObserved("functional", manifest, options),
};

/**
 * Walks through a stage, on the input of its inner references: seeded weights, whichever suite failed.
 *
 * @param stage name of the stage
 * @param manifest the manifest
 * @param options folder and compute options
 * @returns the walk; null for a stage without inner seams
 * @throws {ReferenceError} if a stored file is missing or differs from the manifest
 */
export async function walkStage(
  stage: string,
  manifest: Manifest,
  options: WalkOptions,
): Promise<Walk | null> {
  const walker = WALKERS[stage];
  if (walker === undefined) return null;
  const { subject, references, seams } = await walker(manifest, options);
  const piece: Piece = { suite: "walk", name: subject, references, given: {} };
  const steps = await compareSteps(OWN_PIPELINE, piece, outcomeOf(stage, references, seams));
  // Fixtures of older versions do not have all inner seams of this one.
  const isComplete = manifest.inner?.format !== undefined;
  const known = steps.filter(({ reference }) => isComplete || reference !== undefined);
  return await walkOf(stage, subject, known);
}

async function walkDemix(manifest: Manifest, options: WalkOptions): Promise<Walked> {
  const { clips, pieces, suites } = manifest;
  const separation = known(manifest, "separation");
  const clip = clips[separation.clip];
  if (clip === undefined) throw new ReferenceError(`The manifest has no clip ${separation.clip}`);
  const own = suites[clip.suite]?.separation;
  const outputs = own?.clips[separation.clip];
  if (own === undefined || outputs === undefined) {
    throw new ReferenceError(`The suite ${clip.suite} has no stems of the clip ${separation.clip}`);
  }
  const [shift = null] = own.shifts;
  const mixture = await readClip(clip, pieces, options.directory);
  options.onInput?.(mixture);
  const { name, networks: [network] } = await demixerWeights(own.model, options);
  const shapes = new Map(
    separation.seams.map(({ seam, sampledFrom }) => [seam, sampledFrom ?? []]),
  );
  const { mean = 0, rms = 0 } = separation.seams.find(({ seam }) => seam === "stft")?.statistics ??
    {};
  const size = elementCount(shapes.get("stft") ?? []);
  const seams = await demixSeams(options.weights?.demix ?? network!.checkpoint(), mixture, {
    ...(options.compute && { compute: options.compute }),
    ...{ shapes, shift },
    stft: { mean, deviation: Math.sqrt((rms * rms - mean * mean) * size / (size - 1)) },
  });
  const references = new Map([
    ...await readInner(separation.seams, options.directory),
    ...await readReferences(outputs, options.directory),
  ]);
  const stems = references.get("stems");
  if (stems !== undefined && "data" in stems.array) {
    const array = firstSegment(stems.array as Tensor<"f32">, shift);
    references.set(SEGMENT, { ...stems, array });
  }
  const backend = backendOf(options.compute);
  const subject = `the first segment and the stems of ${separation.clip}, ${name}, ${backend}`;
  return { subject, references, seams };
}

async function walkSpectrogram(manifest: Manifest, options: WalkOptions): Promise<Walked> {
  const { directory, onInput } = options;
  const entry = known(manifest, "inner").spectrogram;
  const { piece, stem, firstBin, seams: entries } = entry;
  const stems16 = await readPieceStems(manifest.pieces[piece]!, directory);
  onInput?.(stems16);
  const at = STEMS.indexOf(stem);
  const one = slice(stems16, 0, at, at + 1);
  const bins = entries.find(({ seam }) => seam === "magnitude")?.sampledFrom?.[1] ?? 0;
  const inner = await spectrogramSeams(
    { ...one, shape: one.shape.slice(1) },
    { first: firstBin, count: bins },
  );
  const { references } = await stored("spectrogram", manifest, directory);
  const outputs = await run("spectrogram", { stems16 }, {});
  return {
    subject: `the ${stem} of ${piece}, native`,
    ...{ references, seams: { ...inner, ...outputs } },
  };
}

async function walkNetwork(manifest: Manifest, options: WalkOptions): Promise<Walked> {
  const { piece, model } = known(manifest, "inner").network;
  const { references, inputs } = await stored("network", manifest, options.directory);
  const spectrogram = inputs["spectrogram"] as Tensor<"f32">;
  options.onInput?.(spectrogram);
  const { network } = options.weights ?? {};
  const checkpoints = network === undefined ? await loadModel(model, options) : [network];
  const seams = await networkSeams(checkpoints, spectrogram, options.compute?.threads);
  return { subject: `the spectrogram of ${piece}, ${model}, native`, references, seams };
}

/**
 * Judges the inner seams of the stages whose outputs are discrete, which hides small errors. Fixtures of an older version
 * have none that are complete.
 *
 * @param suite name of the suite
 * @param stages names of the stages to judge
 * @param manifest the manifest
 * @param options folder and compute options
 * @returns one result for each inner seam that is on the input of the suite, in isolated mode; of a walk with another
 * threshold than that of the suite also for each output
 * @throws {ReferenceError} if a stored file is missing or differs from the manifest
 */
export async function judgeInner(
  suite: string,
  stages: readonly string[],
  manifest: Manifest,
  options: WalkOptions,
): Promise<SeamResult[]> {
  const results: SeamResult[] = [];
  for (const stage of OBSERVED) {
    const entry = manifest.inner?.format === undefined ? undefined : manifest.inner[stage];
    // Without the piece, the suite fails already.
    const isWanted = entry?.suite === suite && stages.includes(stage) &&
      manifest.suites[suite]?.pieces?.[entry.piece] !== undefined &&
      isDiscrete(OWN_PIPELINE, stageOf(OWN_PIPELINE, stage));
    if (!isWanted) continue;
    const { references, seams } = await walkObserved(stage, manifest, options);
    const own = entry.seams.map(({ seam }) => seam);
    const name = "threshold" in entry ? `${entry.piece} at ${entry.threshold}` : entry.piece;
    const piece: Piece = { suite, name, references, given: {} };
    const judged = await judge(OWN_PIPELINE, piece, outcomeOf(stage, references, seams), {
      ...{ mode: "isolated", mayDrift: false },
    });
    results.push(...judged.filter(({ seam }) => !isSeamName(seam) || own.includes(seam)));
  }
  return results;
}

function outcomeOf(
  stage: string,
  references: ReadonlyMap<string, Reference>,
  seams: Readonly<Record<string, Tensor>>,
): StageOutcome {
  const inner = STEPS[stage]!.inner.map(({ name }) => name);
  return { stage, seams: asStored(seams, references, inner), durationSeconds: null };
}

/** Stages that return their inner seams themselves. */
const OBSERVED = ["activations", "metrical", "functional"] as const;

/** Walks through a stage that returns its inner seams itself. */
async function walkObserved(
  stage: typeof OBSERVED[number],
  manifest: Manifest,
  { directory, onInput }: WalkOptions,
): Promise<Walked> {
  const entry = known(manifest, "inner")[stage];
  if (entry === undefined) {
    throw new ReferenceError(
      `The manifest has no inner seams of ${stage}: it is of an older version`,
    );
  }
  const { references, inputs } = await stored(stage, manifest, directory);
  onInput?.(Object.values(inputs).at(-1)!);
  const inner: Record<string, Tensor> = {};
  const thresholdDownbeat = known(manifest, "inner").metrical.threshold;
  const outputs = await run(stage, inputs, {
    model: Promise.resolve({ name: "walk", checkpoints: [], thresholdDownbeat }),
    observe: (name, values) => {
      inner[name] = values;
    },
  });
  const at = "threshold" in entry ? `, threshold ${entry.threshold}` : "";
  const subject = `the inputs of ${stage} of ${entry.suite}, ${entry.piece}${at}`;
  return { subject, references, seams: { ...inner, ...outputs } };
}

/** Runs a stage that needs no network. */
async function run(
  name: string,
  seams: Readonly<Record<string, Tensor>>,
  context: Partial<StageContext>,
): Promise<Record<string, Tensor>> {
  const stage = STAGES.find((one) => one.name === name)!;
  const unused = new Promise<never>(() => {});
  return await stage.run(seams as Partial<Seams> as Seams, {
    ...{ model: unused, embeddings: false },
    ...context,
  }) as Record<string, Tensor>;
}

/**
 * Reads the inputs of a walk, and its references: of the outputs as well where the walk is on the input of a suite.
 *
 * @throws {ReferenceError} if the manifest lacks an input, or a stored file is missing or differs from it
 */
async function stored(
  stage: "spectrogram" | "network" | "activations" | "metrical" | "functional",
  manifest: Manifest,
  directory: string,
): Promise<
  { readonly references: Map<string, Reference>; readonly inputs: Record<string, Tensor> }
> {
  const { suite, piece, seams } = known(manifest, "inner")[stage]!;
  const { inputs, outputs } = STAGES.find(({ name }) => name === stage)!;
  // Older fixtures do not name the suite, whose weights and input were the same.
  const own = manifest.suites[suite ?? "seeded"]?.pieces?.[piece] ?? [];
  const among = (names: readonly string[]): typeof own =>
    own.filter(({ seam }) => names.includes(seam));
  const given = await readReferences(among(inputs), directory);
  const missing = inputs.find((seam) => seam !== "stems16" && !given.has(seam));
  if (missing !== undefined) {
    throw new ReferenceError(
      `The manifest has no ${missing} of ${suite ?? "seeded"}, ${piece} to walk on`,
    );
  }
  const references = new Map([
    ...(suite === undefined ? [] : await readReferences(among(outputs), directory)),
    // Those of another threshold replace those of the suite.
    ...await readInner(seams, directory),
  ]);
  const arrays = Array.from(given, ([seam, { array }]) => [seam, array as Tensor]);
  return { references, inputs: Object.fromEntries(arrays) };
}

/** @throws {ReferenceError} if the manifest has no inner seams of this kind */
function known<Key extends "separation" | "inner">(
  manifest: Manifest,
  key: Key,
): NonNullable<Manifest[Key]> {
  const entries = manifest[key];
  if (entries !== undefined) return entries;
  throw new ReferenceError(`The manifest has no inner seams: it lacks ${key}`);
}
