/**
 * The analysis of the tracks of one call, which share the weights and the clock.
 *
 * @module
 */

import { KernelLoadError } from "../kernels/mod.ts";
import type { LoadOptions } from "../models/models_folder.ts";
import { loadModel } from "../models/registry.ts";
import {
  type AnalyzedTrack,
  analyzeTrack,
  type Track,
  type TrackOptions,
} from "./analyze_track.ts";
import { loadDemixer } from "./backends/demixers.ts";
import { DeviceError } from "./backends/devices.ts";
import { type Demixer, releaseDemixer } from "./demix.ts";
import { type NetworkModel, networkModel } from "./network.ts";
import { CPU, type RunObserver, timed } from "./runner.ts";

/** Weights, compute options and settings that all tracks of a run share. */
export interface AnalysisRunOptions extends
  LoadOptions,
  Pick<
    TrackOptions,
    "automatic" | "audio" | "compute" | "findings" | "guard" | "keepSpectrogramsIn"
  > {
  /** Name of the model, never `auto`. */
  readonly model: string;
  /** Name of the demixer, never `auto`; absent where the stems of all tracks are given. */
  readonly demixer?: string;
  /** Samples that each pass of the demixer is shifted by; null for a pass without a shift. */
  readonly shifts: readonly (number | null)[];
  /** Share of a segment of the demixer that overlaps the next one; a quarter by default. */
  readonly overlap?: number;
  /** Folder where stems are kept and used again; absent to keep none. */
  readonly keepIn?: string;
  /** Whether embeddings are computed. */
  readonly embeddings: boolean;
  /** Observer of the loading of the weights. */
  readonly observer?: RunObserver;
  /** `performance.now()` at the origin of the timings, in milliseconds; now by default. */
  readonly origin?: number;
}

/** Callbacks of {@linkcode AnalysisRun.analyzeAll}. */
export interface TrackCallbacks {
  /** Returns the observer of a track's stages. */
  readonly observe?: (track: Track) => RunObserver;
  /** Receives a result; an error that it throws is a failure of the track. */
  readonly onAnalyzed: (analyzed: AnalyzedTrack) => void | Promise<void>;
  /** Receives the reason why a track could not be analysed. */
  readonly onFailure: (track: Track, error: unknown) => void;
}

/** Analyses tracks. The weights load while the first track is decoded. */
export class AnalysisRun {
  readonly #options: AnalysisRunOptions;
  readonly #origin: number;
  readonly #loadingFailures = new Set<unknown>();
  readonly #model: Promise<NetworkModel>;
  readonly #demixer: Promise<Demixer> | undefined;

  /** Starts to load the weights. */
  constructor(options: AnalysisRunOptions) {
    this.#options = options;
    this.#origin = options.origin ?? performance.now();
    const { model, demixer } = options;
    this.#model = this.#load(
      "weights",
      async () => networkModel(model, await loadModel(model, options)),
    );
    if (demixer === undefined) return;
    this.#demixer = this.#load("demixer weights", () => loadDemixer(demixer, options));
  }

  /**
   * Analyses one track.
   *
   * @param track location of the audio
   * @param observer observer of its stages
   * @throws {ModelError | StemsError | KernelError | DeviceError} if weights, audio or device cannot be used
   */
  async analyze(track: Track, observer: RunObserver = {}): Promise<AnalyzedTrack> {
    const { demixer, shifts, overlap, keepIn } = this.#options;
    return await analyzeTrack(track, {
      ...this.#options,
      model: this.#model,
      ...(demixer !== undefined && this.#demixer && {
        separation: {
          demixer: this.#demixer,
          shifts,
          ...(overlap !== undefined && { overlap }),
          // The guard's second implementation runs on the CPU.
          loadFallback: (backend) =>
            loadDemixer(demixer, {
              ...this.#options,
              compute: { ...this.#options.compute, backend, device: CPU },
            }),
          ...(keepIn !== undefined && { keepIn }),
        },
      }),
      observer,
      origin: this.#origin,
    });
  }

  /**
   * Analyses tracks in order; a track that fails does not stop the others.
   *
   * @param tracks locations of the audio
   * @param callbacks receivers of results, failures and progress
   * @returns number of tracks that failed
   * @throws {ModelError | KernelLoadError | DeviceError} if no track can be analysed
   */
  async analyzeAll(tracks: readonly Track[], callbacks: TrackCallbacks): Promise<number> {
    let failures = 0;
    for (const track of tracks) {
      try {
        await callbacks.onAnalyzed(await this.analyze(track, callbacks.observe?.(track)));
      } catch (error) {
        const concernsAll = this.#loadingFailures.has(error) || error instanceof KernelLoadError ||
          error instanceof DeviceError;
        if (concernsAll) throw error;
        failures++;
        callbacks.onFailure(track, error);
      }
    }
    return failures;
  }

  /** Releases the networks of the demixer. */
  async close(): Promise<void> {
    await releaseDemixer(await this.#demixer?.catch(() => undefined));
  }

  #load<Loaded>(stage: string, load: () => Promise<Loaded>): Promise<Loaded> {
    const loading = timed(this.#origin, stage, this.#options.observer ?? {}, load);
    // The first track that needs the weights reports the failure.
    loading.catch((error) => this.#loadingFailures.add(error));
    return loading;
  }
}
