/**
 * Which stages can be walked through, and on what.
 *
 * @module
 */

import { join } from "node:path";
import { demixerWeights, loadModel } from "../models/registry.ts";
import type { HtdemucsCheckpoint } from "../models/htdemucs/parameters.ts";
import type { Checkpoint } from "../models/all_in_one/parameters.ts";
import type { LoadOptions } from "../models/models_folder.ts";
import type { Backend } from "../pipeline/backends/backend.ts";
import { demixSeams } from "./inner_seams/demix.ts";
import { metricalSeams } from "./inner_seams/metrical.ts";
import { networkSeams } from "./inner_seams/network.ts";
import { spectrogramSeams } from "./inner_seams/spectrogram.ts";
import { INNER_SEAMS, type InnerSeams } from "./inner_seams/table.ts";
import type { SeamName } from "../pipeline/seams.ts";
import { readStems, type StemName, STEMS } from "../pipeline/stems.ts";
import { elementCount, type Tensor, tensor } from "../core/tensor.ts";
import { readClip } from "./clip.ts";
import { type Manifest, readReference, readVerified, ReferenceError } from "./manifest.ts";
import { readSampled, type SampledSeam } from "./sampled.ts";
import { type Walk, walk } from "./walk.ts";

/** What the manifest has of inner seams. */
export interface InnerManifest extends Manifest {
  /** Of the separation, on the first segment of a clip. */
  readonly separation: { readonly clip: string; readonly seams: readonly SampledSeam[] };
  /** Of the other stages. */
  readonly inner: {
    readonly spectrogram: {
      readonly piece: string;
      readonly stem: StemName;
      /** The first bin of the Fourier transform that is in `magnitude`. */
      readonly firstBin: number;
      readonly seams: readonly SampledSeam[];
    };
    readonly network: {
      readonly piece: string;
      readonly model: string;
      readonly seams: readonly SampledSeam[];
    };
    readonly metrical: {
      readonly piece: string;
      readonly suite: string;
      readonly threshold: number;
      readonly seams: readonly SampledSeam[];
    };
  };
}

/** How a stage is walked through. */
export interface WalkOptions extends LoadOptions {
  /** The fixtures folder. */
  readonly directory: string;
  /** Who computes the separation; all else is computed by our own kernels. */
  readonly backend: Backend;
  /** Threads; absent for as many as there are cores. */
  readonly threads?: number;
  /** Other weights than the references were made with, for tests. */
  readonly weights?: { readonly demix?: HtdemucsCheckpoint; readonly network?: Checkpoint };
  /** Changes the input of the stage, for tests. */
  readonly onInput?: (input: Tensor) => void;
}

type Walker = (manifest: InnerManifest, options: WalkOptions) => Promise<Walked>;

/** What was computed of a stage. */
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
 * Walks through a stage, on what its inner references were made from: seeded weights, whatever suite failed.
 *
 * @param stage its name
 * @param manifest the manifest
 * @param options folder, backend, threads
 * @returns the walk; null of a stage that has no inner seams
 * @throws {ReferenceError} if a stored file is missing or is not what the manifest says
 */
export async function walkStage(
  stage: string,
  manifest: Manifest,
  options: WalkOptions,
): Promise<Walk | null> {
  const table = INNER_SEAMS[stage];
  const walker = WALKERS[stage];
  if (table === undefined || walker === undefined) return null;
  const { subject, entries, seams } = await walker(manifest as InnerManifest, options);
  const stored = await Promise.all(entries.map((entry) => readSampled(entry, options.directory)));
  const references = new Map(
    entries.map((entry, at) => [entry.seam, { entry, stored: stored[at]! }]),
  );
  return walk({ stage, subject, table, references, seams });
}

async function walkDemix(manifest: InnerManifest, options: WalkOptions): Promise<Walked> {
  const { separation, clips, pieces } = known(manifest, "separation");
  const clip = clips[separation.clip];
  if (clip === undefined) throw new ReferenceError(`The manifest has no clip ${separation.clip}`);
  const mixture = await readClip(clip, pieces, options.directory);
  options.onInput?.(mixture);
  const weights = await demixerWeights("seeded-htdemucs", options);
  const shapes = new Map(separation.seams.map(({ seam, sampledFrom }) => [seam, sampledFrom]));
  const { mean = 0, rms = 0 } = separation.seams.find(({ seam }) => seam === "stft")?.statistics ??
    {};
  const size = elementCount(shapes.get("stft") ?? []);
  const seams = await demixSeams(options.weights?.demix ?? weights.checkpoint(), mixture, {
    ...options,
    shapes,
    stft: { mean, deviation: Math.sqrt((rms * rms - mean * mean) * size / (size - 1)) },
  });
  const subject = `the first segment of ${separation.clip}, ${weights.name}, ${options.backend}`;
  return { subject, entries: separation.seams, seams };
}

async function walkSpectrogram(
  manifest: InnerManifest,
  { directory, onInput }: WalkOptions,
): Promise<Walked> {
  const { piece, stem, firstBin, seams: entries } = known(manifest, "inner").inner.spectrogram;
  const audio = STEMS.map((name) => manifest.pieces[piece]!.audio[name]);
  await Promise.all(audio.map((entry) => readVerified(entry, directory)));
  const { stems16 } = await readStems(audio.map((entry) => join(directory, entry.path)));
  const [, channels = 0, samples = 0] = stems16.shape;
  const at = STEMS.indexOf(stem) * channels * samples;
  const own = tensor("i16", [channels, samples], stems16.data.slice(at, at + channels * samples));
  onInput?.(own);
  const bins = entries.find(({ seam }) => seam === "magnitude")?.sampledFrom[1] ?? 0;
  const seams = await spectrogramSeams(own, { first: firstBin, count: bins });
  return { subject: `the ${stem} of ${piece}, native`, entries, seams };
}

async function walkNetwork(manifest: InnerManifest, options: WalkOptions): Promise<Walked> {
  const { piece, model, seams: entries } = known(manifest, "inner").inner.network;
  const spectrogram = await reference(manifest, "seeded", piece, "spectrogram", options.directory);
  options.onInput?.(spectrogram);
  const [loaded] = await loadModel(model, options);
  const checkpoint = options.weights?.network ?? loaded!;
  const seams = await networkSeams(checkpoint, spectrogram as Tensor<"f32">, options.threads);
  return { subject: `the spectrogram of ${piece}, ${model}, native`, entries, seams };
}

async function walkMetrical(
  manifest: InnerManifest,
  { directory, onInput }: WalkOptions,
): Promise<Walked> {
  const { piece, suite, threshold, seams: entries } = known(manifest, "inner").inner.metrical;
  const read = (seam: SeamName): Promise<Tensor> =>
    reference(manifest, suite, piece, seam, directory);
  const beat = await read("activations.beat");
  const downbeat = await read("activations.downbeat");
  onInput?.(downbeat);
  const seams = await metricalSeams(beat as Tensor<"f32">, downbeat as Tensor<"f32">, threshold);
  return { subject: `the activations of ${suite}, ${piece}, native`, entries, seams };
}

/** @throws {ReferenceError} if the manifest has no inner seams of this kind */
function known(manifest: InnerManifest, key: "separation" | "inner"): InnerManifest {
  if (manifest[key] !== undefined) return manifest;
  throw new ReferenceError(`The manifest has no inner seams: it lacks ${key}`);
}

async function reference(
  manifest: Manifest,
  suite: string,
  piece: string,
  seam: SeamName,
  directory: string,
): Promise<Tensor> {
  const entry = manifest.suites[suite]?.pieces[piece]?.find((one) => one.seam === seam);
  if (entry === undefined) {
    throw new ReferenceError(`The manifest has no ${seam} of ${suite}, ${piece} to walk on`);
  }
  return await readReference(entry, directory);
}
