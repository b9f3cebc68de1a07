/**
 * Systems to evaluate: a demixer and a model, loaded once, and the audio that each demixer starts from.
 *
 * @module
 */

import type { Tensor } from "../core/tensor.ts";
import type { LoadOptions } from "../models/models_folder.ts";
import { loadModel } from "../models/registry.ts";
import type { ComputeOptions } from "../pipeline/backends/backend.ts";
import { loadDemixer } from "../pipeline/backends/demixers.ts";
import { type Demixer, releaseDemixer } from "../pipeline/demix.ts";
import type { AudioOptions } from "../pipeline/audio_files.ts";
import { excerpt, readMixture } from "../pipeline/mixture.ts";
import { type NetworkModel, networkModel } from "../pipeline/network.ts";
import { type Findings, findings } from "../pipeline/result.ts";
import { type RunObserver, runStages } from "../pipeline/runner.ts";
import { demixShifts } from "../pipeline/shifts.ts";
import { HOP_SAMPLES, SAMPLE_RATE_HZ } from "../pipeline/spectrogram.ts";
import type { Seams } from "../pipeline/seams.ts";
import { type StageContext, STAGES } from "../pipeline/stages.ts";
import { findStems } from "../pipeline/find_stems.ts";
import { readStemsOrSpectrogram } from "../pipeline/stem_stream.ts";
import { firstSamples, readStems, STEMS, type StemsRecord } from "../pipeline/stems.ts";
import { type EvaluationTrack, onlyFile } from "./tracks.ts";

/** A demixer and a model. */
export interface System {
  /** Name as in `loadDemixer()`, or one of {@linkcode STEM_SOURCES}. */
  readonly demixer: string;
  /** Name as in `loadModel()`. */
  readonly model: string;
}

/** Returns the name of a system, `DEMIXER/MODEL`. */
export function systemName({ demixer, model }: System): string {
  return `${demixer}/${model}`;
}

/** Options for loading and running systems. */
export interface SystemOptions extends LoadOptions {
  /** Backend, device and threads of the networks. */
  readonly compute?: ComputeOptions;
}

/** Shift of the separation that `analyze` uses by default. */
const SHIFTS = demixShifts(1, 0);

/** Stages of the demixer: up to the spectrogram. The stages after it belong to the model. */
const SPECTROGRAM_STAGES = STAGES.slice(
  0,
  1 + STAGES.findIndex(({ outputs }) => outputs.includes("spectrogram")),
);
const MODEL_STAGES = STAGES.slice(SPECTROGRAM_STAGES.length);

/** Loaded networks of several systems. */
export class LoadedSystems {
  readonly #demixers: ReadonlyMap<string, Demixer>;
  readonly #models: ReadonlyMap<string, NetworkModel>;
  readonly #options: SystemOptions;

  private constructor(
    demixers: ReadonlyMap<string, Demixer>,
    models: ReadonlyMap<string, NetworkModel>,
    options: SystemOptions,
  ) {
    this.#demixers = demixers;
    this.#models = models;
    this.#options = options;
  }

  /**
   * Loads the networks of the systems, each network once.
   *
   * @param systems systems that will run
   * @param options folder of weights and number of threads
   * @throws {ModelError | KernelLoadError} if weights or kernels cannot be loaded
   */
  static async load(systems: readonly System[], options: SystemOptions): Promise<LoadedSystems> {
    const demixers = new Map<string, Demixer>();
    const models = new Map<string, NetworkModel>();
    for (const { demixer, model } of systems) {
      if (!models.has(model)) {
        models.set(model, networkModel(model, await loadModel(model, options)));
      }
      if (isStemSource(demixer) || demixers.has(demixer)) continue;
      demixers.set(demixer, await loadDemixer(demixer, options));
    }
    return new LoadedSystems(demixers, models, options);
  }

  /** Returns the name and SHA-256 of all weights of a system. */
  weights({ demixer, model }: System): { name: string; sha256: string | null }[] {
    const separator = this.#demixers.get(demixer);
    return [...(separator ? [separator] : []), ...this.#model(model).checkpoints]
      .map(({ name, sha256 }) => ({ name, sha256 }));
  }

  /**
   * Computes the spectrogram of a track's stems; separates the mix first if only that is given.
   *
   * @param system system whose demixer runs
   * @param given seams that the stages start from
   * @param observer receives progress
   * @returns `[4, frames, 81]` f32
   */
  async spectrogram(
    system: System,
    given: Partial<Seams>,
    observer: RunObserver,
  ): Promise<Tensor<"f32">> {
    const demixer = this.#demixers.get(system.demixer);
    const context: StageContext = {
      ...this.#context(system),
      ...(demixer && {
        separation: {
          demixer: Promise.resolve(demixer),
          shifts: SHIFTS,
          stems: "mono" as const,
        },
      }),
    };
    const seams = await runStages(given, context, observer, undefined, SPECTROGRAM_STAGES);
    return seams.spectrogram!;
  }

  /**
   * Finds beats and segments.
   *
   * @param system system whose model runs
   * @param spectrogram `[4, frames, 81]` f32
   * @param observer receives progress
   */
  async findings(
    system: System,
    spectrogram: Tensor<"f32">,
    observer: RunObserver,
  ): Promise<Findings> {
    const context = this.#context(system);
    const seams = await runStages({ spectrogram }, context, observer, undefined, MODEL_STAGES);
    return findings(seams as Seams);
  }

  /** Releases the networks; they cannot run again. */
  async close(): Promise<void> {
    for (const demixer of this.#demixers.values()) await releaseDemixer(demixer);
  }

  #context({ model }: System): StageContext {
    const { compute } = this.#options;
    return {
      model: Promise.resolve(this.#model(model)),
      embeddings: false,
      ...(compute && { compute }),
    };
  }

  #model(name: string): NetworkModel {
    const model = this.#models.get(name);
    if (model === undefined) throw new Error(`The model ${name} was not loaded`);
    return model;
  }
}

/** Stems that need no separation: the true stems, or the mix used as each of the four stems. */
export const STEM_SOURCES = ["stems", "mix"] as const;

/** One of {@linkcode STEM_SOURCES}. */
export type StemSource = typeof STEM_SOURCES[number];

/** Returns whether a demixer's name stands for stems that need no separation. */
export function isStemSource(name: string): name is StemSource {
  return STEM_SOURCES.some((source) => source === name);
}

/** Audio of one track; the mix is decoded once. */
export class TrackAudio {
  /** Warnings for the user; each names its file. */
  readonly warnings: Set<string> = new Set();
  /** Notes for the user; each names its file. */
  readonly notes: Set<string> = new Set();
  readonly #track: EvaluationTrack;
  readonly #seconds: number | undefined;
  readonly #options: AudioOptions;
  #mixture: Promise<Tensor<"f32">> | undefined;

  /**
   * Stores the paths; nothing is read yet.
   *
   * @param track files of the track
   * @param seconds length that is used, from the start; everything by default
   * @param options gain, limit of the padding of stems, and whether ffmpeg may be used
   */
  constructor(track: EvaluationTrack, seconds?: number, options: AudioOptions = {}) {
    this.#options = options;
    this.#track = track;
    this.#seconds = seconds;
  }

  /**
   * Reads the seam that the stages start from.
   *
   * @param demixer name of a demixer, or one of {@linkcode STEM_SOURCES} for no separation
   * @returns `mixture` or `stems16`; `spectrogram` of long stems
   * @throws {AnnotationError | StemsError | KernelError} if the audio is missing or cannot be read
   */
  async given(demixer: string): Promise<Partial<Seams>> {
    const { stemsDirectory, mixes } = this.#track;
    if (demixer === "stems") {
      return await this.#readStems(await findStems(stemsDirectory ?? onlyFile([], "stems folder")));
    }
    if (demixer === "mix") {
      const mix = onlyFile(mixes, "mix");
      return await this.#readStems(STEMS.map(() => mix));
    }
    this.#mixture ??= this.#readMixture();
    return { mixture: await this.#mixture };
  }

  async #readStems(files: readonly string[]): Promise<Partial<Seams>> {
    const read = this.#seconds === undefined
      ? await readStemsOrSpectrogram(files, this.#options)
      : await readStems(files, this.#options);
    this.#tell(read);
    if ("spectrogram" in read) return { spectrogram: read.spectrogram };
    return { stems16: firstSamples(read.stems16, samplesIn(this.#seconds)) };
  }

  async #readMixture(): Promise<Tensor<"f32">> {
    const read = await readMixture(onlyFile(this.#track.mixes, "mix"), this.#options);
    this.#tell(read);
    const { mixture } = read;
    const [, length = 0] = mixture.shape;
    const samples = Math.min(length, samplesIn(this.#seconds));
    return samples === length ? mixture : excerpt(mixture, 0, samples);
  }

  #tell({ warnings, notes }: Pick<StemsRecord, "warnings" | "notes">): void {
    for (const warning of warnings) this.warnings.add(warning);
    for (const note of notes) this.notes.add(note);
  }
}

/** Returns a number of samples, at least one frame. */
function samplesIn(seconds = Infinity): number {
  return Math.max(HOP_SAMPLES, Math.round(seconds * SAMPLE_RATE_HZ));
}
