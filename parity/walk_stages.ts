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
import { demixSeams } from "./inner_seams/demix.ts";
import { metricalSeams, networkSeams, spectrogramSeams } from "./inner_seams/native.ts";
import { INNER_SEAMS, type InnerSeams } from "./inner_seams/table.ts";
import type { SeamName } from "../pipeline/seams.ts";
import { STEMS } from "../pipeline/stems.ts";
import { elementCount, slice, type Tensor } from "../core/tensor.ts";
import { type Manifest, type SampledSeam } from "./manifest.ts";
import { ReferenceError } from "./reference_error.ts";
import { readClip, readPieceStems } from "./piece.ts";
import { readReference, readSampled } from "./references.ts";
import type { Walk } from "./report.ts";
import { walk } from "./_walk.ts";

/** Location of the references, compute options, and changes for tests. */
export interface WalkOptions extends LoadOptions {
  /** The fixtures folder. */
  readonly directory: string;
  /** Backend of the separation, and threads. The native kernels compute all other stages. */
  readonly compute?: ComputeOptions;
  /** Weights other than those of the references, for tests. */
  readonly weights?: { readonly demix?: HtdemucsCheckpoint; readonly network?: Checkpoint };
  /** Changes the input of the stage, for tests. */
  readonly onInput?: (input: Tensor) => void;
}

type Walker = (manifest: Manifest, options: WalkOptions) => Promise<Walked>;

/** Computed inner seams of a stage. */
interface Walked {
  readonly subject: string;
  readonly entries: readonly SampledSeam[];
  readonly seams: InnerSeams;
}

const WALKERS: Readonly<Record<string, Walker>> = {
  demix: walkDemix,
  spectrogram: walkSpectrogram,
  network: walkNetwork,
  metrical: walkMetrical,
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
  const table = INNER_SEAMS[stage];
  const walker = WALKERS[stage];
  if (table === undefined || walker === undefined) return null;
  const { subject, entries, seams } = await walker(manifest, options);
  const stored = await Promise.all(entries.map((entry) => readSampled(entry, options.directory)));
  const references = new Map(
    entries.map((entry, at) => [entry.seam, { entry, stored: stored[at]! }]),
  );
  return walk({ stage, subject, table, references, seams });
}

async function walkDemix(manifest: Manifest, options: WalkOptions): Promise<Walked> {
  const { clips, pieces } = manifest;
  const separation = known(manifest, "separation");
  const clip = clips[separation.clip];
  if (clip === undefined) throw new ReferenceError(`The manifest has no clip ${separation.clip}`);
  const mixture = await readClip(clip, pieces, options.directory);
  options.onInput?.(mixture);
  const { name, networks: [network] } = await demixerWeights("seeded-htdemucs", options);
  const shapes = new Map(separation.seams.map(({ seam, sampledFrom }) => [seam, sampledFrom]));
  const { mean = 0, rms = 0 } = separation.seams.find(({ seam }) => seam === "stft")?.statistics ??
    {};
  const size = elementCount(shapes.get("stft") ?? []);
  const seams = await demixSeams(options.weights?.demix ?? network!.checkpoint(), mixture, {
    ...(options.compute && { compute: options.compute }),
    shapes,
    stft: { mean, deviation: Math.sqrt((rms * rms - mean * mean) * size / (size - 1)) },
  });
  const backend = backendOf(options.compute);
  const subject = `the first segment of ${separation.clip}, ${name}, ${backend}`;
  return { subject, entries: separation.seams, seams };
}

async function walkSpectrogram(
  manifest: Manifest,
  { directory, onInput }: WalkOptions,
): Promise<Walked> {
  const { piece, stem, firstBin, seams: entries } = known(manifest, "inner").spectrogram;
  const stems16 = await readPieceStems(manifest.pieces[piece]!, directory);
  const at = STEMS.indexOf(stem);
  const one = slice(stems16, 0, at, at + 1);
  const own = { ...one, shape: one.shape.slice(1) };
  onInput?.(own);
  const bins = entries.find(({ seam }) => seam === "magnitude")?.sampledFrom[1] ?? 0;
  const seams = await spectrogramSeams(own, { first: firstBin, count: bins });
  return { subject: `the ${stem} of ${piece}, native`, entries, seams };
}

async function walkNetwork(manifest: Manifest, options: WalkOptions): Promise<Walked> {
  const { piece, model, seams: entries } = known(manifest, "inner").network;
  const spectrogram = await reference(manifest, "seeded", piece, "spectrogram", options.directory);
  options.onInput?.(spectrogram);
  const [loaded] = await loadModel(model, options);
  const checkpoint = options.weights?.network ?? loaded!;
  const seams = await networkSeams(
    checkpoint,
    spectrogram as Tensor<"f32">,
    options.compute?.threads,
  );
  return { subject: `the spectrogram of ${piece}, ${model}, native`, entries, seams };
}

async function walkMetrical(
  manifest: Manifest,
  { directory, onInput }: WalkOptions,
): Promise<Walked> {
  const { piece, suite, threshold, seams: entries } = known(manifest, "inner").metrical;
  const read = (seam: SeamName): Promise<Tensor> =>
    reference(manifest, suite, piece, seam, directory);
  const beat = await read("activations.beat");
  const downbeat = await read("activations.downbeat");
  onInput?.(downbeat);
  const seams = await metricalSeams(beat as Tensor<"f32">, downbeat as Tensor<"f32">, threshold);
  return { subject: `the activations of ${suite}, ${piece}, native`, entries, seams };
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

async function reference(
  manifest: Manifest,
  suite: string,
  piece: string,
  seam: SeamName,
  directory: string,
): Promise<Tensor> {
  const entry = manifest.suites[suite]?.pieces?.[piece]?.find((one) => one.seam === seam);
  if (entry === undefined) {
    throw new ReferenceError(`The manifest has no ${seam} of ${suite}, ${piece} to walk on`);
  }
  return await readReference(entry, directory);
}
