/**
 * The analyser: loads weights once, and analyses any number of tracks.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { parse as parsePath, resolve } from "node:path";
import { type AudioSamples, KernelLoadError } from "../kernels/mod.ts";
import { chooseWeights, type Role } from "../models/automatic.ts";
import { type LoadOptions, modelsFolder } from "../models/models_folder.ts";
import { loadModel } from "../models/registry.ts";
import {
  type AnalyzedTrack,
  analyzeTrack,
  type Track,
  type TrackOptions,
} from "./analyze_track.ts";
import type { AudioOptions } from "./audio_files.ts";
import { loadDemixer } from "./backends/demixers.ts";
import { DeviceError } from "./backends/devices.ts";
import { release } from "../core/tensor.ts";
import { Turns } from "../core/turns.ts";
import { type Demixer, releaseDemixer } from "./demix.ts";
import type { FinishedSettings } from "./finished.ts";
import { type NetworkModel, networkModel } from "./network.ts";
import { type Progress, progressOf } from "./progress.ts";
import type { AnalysisResult } from "./result.ts";
import { CPU, type RunObserver, timed } from "./runner.ts";

/** Weights and settings of an {@linkcode Analyzer}. */
export interface AnalyzerOptions
  extends LoadOptions, Pick<TrackOptions, "audio" | "compute" | "findings" | "guard"> {
  /** Name of the model; by default the best one that is installed. */
  readonly model?: string;
  /** Name of the demixer, or null where the stems of all tracks are given; by default the best one that is installed. */
  readonly demixer?: string | null;
  /** Samples that each pass of the demixer is shifted by, null for no shift; one pass without a shift by default. */
  readonly shifts?: readonly (number | null)[];
  /** Share of a segment of the demixer that overlaps the next one; a quarter by default. */
  readonly overlap?: number;
  /** Whether embeddings are computed, which take 77 kB a second of audio and fold; false by default. */
  readonly embeddings?: boolean;
}

/** Options of {@linkcode Analyzer.start}, whose weights are named. */
export interface NamedAnalyzerOptions extends AnalyzerOptions {
  /** Name of the model. */
  readonly model: string;
  /** Name of the demixer, or null where the stems of all tracks are given. */
  readonly demixer: string | null;
  /** Roles whose weights the program chose, for the provenance; none by default. */
  readonly automatic?: readonly Role[];
  /** Folder where stems are kept and used again; absent to keep none. */
  readonly keepIn?: string;
  /** Folder where spectrograms are kept and used again; absent to keep none. */
  readonly keepSpectrogramsIn?: string;
  /** Whether kept stems and spectrograms are made anew instead of used; false by default. */
  readonly separatesAnew?: boolean;
  /** Whether kept spectrograms are made anew, from kept stems where they are; false by default. */
  readonly spectrogramsAnew?: boolean;
  /** `performance.now()` at the origin of the timings, in milliseconds; now by default. */
  readonly origin?: number;
  /** Observer of the loading of the weights. */
  readonly observer?: RunObserver;
}

/** Options of one analysis. */
export interface AnalyzeOptions {
  /** Aborts the analysis within a second; `analyze` then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called when a stage starts and when a part of it is done. */
  readonly onProgress?: (progress: Progress) => void;
  /** Observer of the stages, which receives their timings too. */
  readonly observer?: RunObserver;
  /** Limits of this track's audio; those of the analyser by default. */
  readonly limits?: Pick<AudioOptions, "ffmpeg" | "mostSeconds">;
}

/** Options of an analysis whose seams are returned. */
export interface SeamOptions extends AnalyzeOptions, Pick<TrackOptions, "keepsStems"> {}

/** Audio to analyse: path of a file, samples in memory, or a track, whose stems may be given. */
export type AnalyzerInput = string | AudioSamples | Track;

/**
 * Analyses tracks with weights that are loaded once. It writes no files, apart from temporary ones: while ffmpeg
 * decodes a format that has no built-in decoder, which `audio: { ffmpeg: false }` rules out, and for stems of HTDemucs that
 * are too loud for 16 bit.
 *
 * Several analyses may run at the same time. The networks run on other threads, so that timers and other work of the
 * calling thread go on.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { Analyzer } from "./mod.ts";
 *
 * await using analyzer = await Analyzer.load({ model: "embedded", demixer: "hpss-mix" });
 * const result = await analyzer.analyze("fixtures/audio/four_four/mix.flac");
 * equal(result.bpm, 125);
 * ```
 *
 * @example Samples in memory, with progress, and an end after ten seconds
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { Analyzer } from "./mod.ts";
 *
 * // A click of 10 ms every half second.
 * const click = Float32Array.from({ length: 20 * 22_050 }, (_, at) => at % 11_025 < 220 ? 0.5 : 0);
 * await using analyzer = await Analyzer.load({ model: "embedded", demixer: "hpss" });
 * const { bpm } = await analyzer.analyze(
 *   { name: "clicks", channels: [click], sampleRate: 22_050 },
 *   {
 *     signal: AbortSignal.timeout(10_000),
 *     onProgress: ({ stage, fraction }) => console.log(stage, `${Math.round(100 * fraction)} %`),
 *   },
 * );
 * equal(bpm, 120);
 * ```
 */
export class Analyzer implements AsyncDisposable {
  readonly #options: NamedAnalyzerOptions;
  readonly #origin: number;
  readonly #loadingFailures = new Set<unknown>();
  readonly #model: Promise<NetworkModel>;
  readonly #demixer: Promise<Demixer> | undefined;
  /** A network takes its threads and most of the memory: more than fill the cores would only take more memory. */
  readonly #networks: Turns;
  readonly #running = new Set<Promise<unknown>>();
  #isClosed = false;

  private constructor(options: NamedAnalyzerOptions) {
    this.#options = options;
    this.#origin = options.origin ?? performance.now();
    const cores = availableParallelism();
    const { threads = cores } = options.compute ?? {};
    this.#networks = new Turns(Math.max(1, Math.floor(cores / threads)));
    const { model, demixer } = options;
    this.#model = this.#load(
      "weights",
      async () => networkModel(model, await loadModel(model, options)),
    );
    if (demixer === null) return;
    this.#demixer = this.#load("demixer weights", () => loadDemixer(demixer, options));
  }

  /**
   * Loads weights.
   *
   * @param options weights and settings
   * @returns the analyser, to be closed by the caller, as `await using` does
   * @throws {ModelError | DeviceError | KernelLoadError} if weights, device or kernels cannot be used
   */
  static async load(options: AnalyzerOptions = {}): Promise<Analyzer> {
    const analyzer = Analyzer.start({ ...options, ...await namedWeights(options) });
    try {
      await Promise.all([analyzer.#model, analyzer.#demixer]);
      return analyzer;
    } catch (error) {
      await analyzer[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Starts to load weights, which the first analysis waits for: it decodes meanwhile. The first analysis also throws
   * the error of the loading.
   *
   * @param options names of the weights, and settings
   * @returns the analyser, to be closed by the caller
   */
  static start(options: NamedAnalyzerOptions): Analyzer {
    return new Analyzer(options);
  }

  /**
   * Analyses a track.
   *
   * @param input path of an audio file, samples in memory, or a track
   * @param options signal that aborts the analysis, receiver of progress, observer of the stages
   * @returns the result, as it is written as JSON
   * @throws {KernelError | FfmpegError | StemsError} if the audio cannot be decoded
   * @throws the reason of an aborted signal
   */
  async analyze(input: AnalyzerInput, options: AnalyzeOptions = {}): Promise<AnalysisResult> {
    const { result, seams } = await this.analyzeWithSeams(input, {
      ...options,
      keepsStems: false,
    });
    release(...Object.values(seams));
    return result;
  }

  /**
   * Analyses a track as {@linkcode Analyzer.analyze}, and returns the seams, from the stems on, and the warnings too.
   *
   * @param input path of an audio file, samples in memory, or a track
   * @param options signal that aborts the analysis, receiver of progress, observer of the stages, and whether the stems
   * are wanted
   * @throws as {@linkcode Analyzer.analyze}
   */
  async analyzeWithSeams(
    input: AnalyzerInput,
    options: SeamOptions = {},
  ): Promise<AnalyzedTrack> {
    if (this.#isClosed) throw new Error("The analyzer is closed: load another one");
    const running = this.#analyze(trackOf(input), options);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /**
   * Returns whether an error of an analysis is one of the weights, the kernels or the device: no other track can be
   * analysed then either.
   *
   * @param error what an analysis threw
   */
  concernsAllTracks(error: unknown): boolean {
    return this.#loadingFailures.has(error) || error instanceof KernelLoadError ||
      error instanceof DeviceError;
  }

  /**
   * Returns why a track is to be analysed although there is a result: it is damaged, or of other audio, weights or
   * settings.
   *
   * @param track the track
   * @param json text of the result
   * @returns the reason, or undefined where the result is what this analyser would find
   * @throws {ModelError | DeviceError} if the weights cannot be loaded
   */
  async whyUnfinished(track: Track, json: string): Promise<string | undefined> {
    const { whyUnfinished } = await import("./finished.ts");
    return await whyUnfinished(track, json, await this.#settings());
  }

  /**
   * Returns the SHA-256, hexadecimal, of the program version, the weights and the settings: with the SHA-256 of the audio
   * it identifies a result.
   *
   * @throws {ModelError | DeviceError} if the weights cannot be loaded
   */
  async settingsKey(): Promise<string> {
    const { settingsKey } = await import("./settings_key.ts");
    return settingsKey(await this.#settings(), this.#options.embeddings ?? false);
  }

  /** Waits for running analyses, and releases the memory of the networks. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#running);
    await releaseDemixer(await this.#demixer?.catch(() => undefined));
  }

  /** Returns loaded weights and settings. */
  async #settings(): Promise<FinishedSettings> {
    return {
      ...this.#options,
      model: await this.#model,
      demixer: await this.#demixer ?? null,
      shifts: this.#options.shifts ?? [null],
    };
  }

  async #analyze(track: Track, options: SeamOptions): Promise<AnalyzedTrack> {
    const {
      demixer,
      shifts = [null],
      overlap,
      keepIn,
      separatesAnew,
      spectrogramsAnew,
      ...settings
    } = this.#options;
    const { signal, onProgress, observer, keepsStems, limits } = options;
    const progress = onProgress && progressOf(onProgress);
    return await analyzeTrack(track, {
      ...settings,
      ...(limits && { audio: { ...settings.audio, ...limits } }),
      embeddings: settings.embeddings ?? false,
      model: this.#model,
      turns: this.#networks,
      ...(demixer !== null && this.#demixer && {
        separation: {
          demixer: this.#demixer,
          shifts,
          ...(overlap !== undefined && { overlap }),
          // The guard's second implementation runs on the CPU.
          loadFallback: (backend) =>
            loadDemixer(demixer, {
              ...settings,
              compute: { ...settings.compute, backend, device: CPU },
            }),
          ...(keepIn !== undefined && { keepIn }),
          ...(separatesAnew && { isAnew: true }),
          ...(spectrogramsAnew && { isSpectrogramAnew: true }),
        },
      }),
      ...(signal && { signal }),
      ...(keepsStems !== undefined && { keepsStems }),
      observer: {
        onStart: (...start) => {
          observer?.onStart?.(...start);
          progress?.onStart?.(...start);
        },
        onProgress: (...part) => {
          observer?.onProgress?.(...part);
          progress?.onProgress?.(...part);
        },
        onTiming: (timing) => observer?.onTiming?.(timing),
      },
      origin: this.#origin,
    });
  }

  #load<Loaded>(stage: string, load: () => Promise<Loaded>): Promise<Loaded> {
    const loading = timed(this.#origin, stage, this.#options.observer ?? {}, load);
    // The first track that needs the weights reports the failure.
    loading.catch((error) => this.#loadingFailures.add(error));
    return loading;
  }
}

/** Replaces names that are absent by those of the best weights that are installed. */
async function namedWeights(
  options: AnalyzerOptions,
): Promise<Pick<NamedAnalyzerOptions, "model" | "demixer" | "automatic">> {
  const { model, demixer } = options;
  const automatic: Role[] = [];
  const chosen = async (role: Role): Promise<string> => {
    automatic.push(role);
    return (await chooseWeights(role, folderOf(options))).name;
  };
  return {
    demixer: demixer === undefined ? await chosen("demixer") : demixer,
    model: model ?? await chosen("model"),
    automatic,
  };
}

/** Returns the folder of weights; undefined where the environment names none. */
function folderOf(options: LoadOptions): string | undefined {
  try {
    return modelsFolder(options);
  } catch {
    return undefined;
  }
}

function trackOf(input: AnalyzerInput): Track {
  if (typeof input === "string") {
    const path = resolve(input);
    return { path, name: parsePath(path).name };
  }
  if (!("channels" in input)) return input;
  const { name, channels, sampleRate } = input;
  // Other numbers would be read as if they were f32.
  for (const channel of channels as readonly unknown[]) {
    if (channel instanceof Float32Array) continue;
    throw new TypeError(`The channels of '${name}' must be Float32Arrays`);
  }
  if (!Number.isInteger(sampleRate) || sampleRate < 1) {
    throw new RangeError(
      `The sample rate of '${name}' must be a whole number of Hz above 0, but is ${sampleRate}`,
    );
  }
  return { path: input.name, name: input.name, samples: input };
}
