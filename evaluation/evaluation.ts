/**
 * The evaluation of many tracks with many systems, one track after the other.
 *
 * @module
 */

import { resolve } from "node:path";
import { PROGRAM } from "../core/program.ts";
import { reasonOf } from "../core/reason.ts";
import type { Tensor } from "../core/tensor.ts";
import type { AudioOptions } from "../pipeline/audio_files.ts";
import { KernelLoadError } from "../kernels/mod.ts";
import type { RunObserver } from "../pipeline/runner.ts";
import { type Annotation, firstSeconds } from "./annotation.ts";
import { readAnnotation } from "./read_annotation.ts";
import type { EvaluationReport } from "./report.ts";
import { scoresOf } from "./scores.ts";
import { type LoadedSystems, type System, systemName, TrackAudio } from "./systems.ts";
import { type EvaluationTrack, onlyFile, type StoredResults } from "./tracks.ts";

/** Systems, stored results and settings of an evaluation. */
export interface EvaluationOptions {
  /** Folder of the tracks, for the report. */
  readonly folder: string;
  /** Length of the part of each track that is evaluated; absent for all of it. */
  readonly seconds?: number;
  /** Threads of the networks; absent for one for each core. */
  readonly threads?: number;
  /** Systems to evaluate, all of them loaded. */
  readonly systems: readonly System[];
  /** Folders of results to evaluate. */
  readonly results: readonly StoredResults[];
  /** Receives what is being done: the track, the system and the stage. */
  readonly onProgress?: (text: string) => void;
  /** How audio is read. */
  readonly audio?: AudioOptions;
  /** Receives each note about the audio of a track. */
  readonly onNote?: (text: string) => void;
  /** Receives each warning about the audio of a track. */
  readonly onWarning?: (text: string) => void;
  /** Receives each failure, which is also in the report. */
  readonly onFailure?: (text: string) => void;
}

/** A source of estimates, with its scores and failures so far. */
interface ScoredSystem {
  readonly name: string;
  readonly weights: { name: string; sha256: string | null }[];
  readonly tracks: EvaluationReport["systems"][number]["tracks"][number][];
  readonly failures: { track: string; reason: string }[];
  estimate(track: EvaluationTrack, input: TrackInput): Promise<Annotation>;
}

/** The audio of one track, its spectrograms so far by demixer, and how progress is described. */
interface TrackInput {
  readonly audio: TrackAudio;
  readonly spectrograms: Map<string, Promise<Tensor<"f32">>>;
  readonly progress: string;
}

/** Scores every system and every folder of results on each track. */
export class Evaluation {
  /** Scores and failures so far. */
  readonly report: EvaluationReport;
  readonly #options: EvaluationOptions;
  readonly #loaded: LoadedSystems;
  readonly #scored: readonly ScoredSystem[];

  /**
   * Starts an evaluation without tracks.
   *
   * @param loaded networks of the systems
   * @param options systems, stored results and settings
   */
  constructor(loaded: LoadedSystems, options: EvaluationOptions) {
    const { systems, results, seconds = null, threads = null } = options;
    const gain = options.audio?.gain;
    this.#loaded = loaded;
    this.#options = options;
    this.#scored = [
      ...systems.map((system): ScoredSystem => ({
        ...withoutScores(systemName(system), loaded.weights(system)),
        estimate: (_, input) => this.#analyze(system, input),
      })),
      ...results.map((stored): ScoredSystem => ({
        ...withoutScores(stored.directory),
        estimate: async (track) => await readAnnotation(await stored.fileOf(track)),
      })),
    ];
    this.report = {
      program: PROGRAM,
      settings: {
        ...{ folder: resolve(options.folder), seconds, threads },
        ...(gain !== undefined && { gain }),
      },
      systems: this.#scored,
    };
  }

  /**
   * Scores one track with every system. A failure is written into the report.
   *
   * @param track audio and truth
   * @param progress position of the track, such as `1 of 3`
   * @throws {KernelLoadError} if no track can be analysed
   */
  async track(track: EvaluationTrack, progress: string): Promise<void> {
    const { seconds, onWarning, onNote } = this.#options;
    let truth: Annotation;
    try {
      truth = firstSeconds(await readAnnotation(onlyFile(track.truths, "truth")), seconds);
    } catch (error) {
      this.#fail(track, this.#scored, error);
      return;
    }
    const audio = new TrackAudio(track, seconds, this.#options.audio);
    const spectrograms: TrackInput["spectrograms"] = new Map();
    for (const system of this.#scored) {
      const input = {
        audio,
        spectrograms,
        progress: `${track.name} (${progress}), ${system.name}`,
      };
      try {
        const estimate = firstSeconds(await system.estimate(track, input), seconds);
        system.tracks.push({ track: track.name, scores: scoresOf(truth, estimate) });
      } catch (error) {
        this.#fail(track, [system], error);
      }
    }
    for (const note of audio.notes) onNote?.(note);
    for (const warning of audio.warnings) onWarning?.(warning);
  }

  async #analyze(system: System, input: TrackInput): Promise<Annotation> {
    const { audio, spectrograms, progress } = input;
    const { onProgress } = this.#options;
    const observer: RunObserver = {
      onStart: (stage) => onProgress?.(`${progress}: ${stage}`),
      onProgress: (stage, part, parts) => onProgress?.(`${progress}: ${stage} ${part}/${parts}`),
    };
    const { demixer } = system;
    let spectrogram = spectrograms.get(demixer);
    if (spectrogram === undefined) {
      observer.onStart?.("decode");
      spectrogram = audio.given(demixer)
        .then((given) => this.#loaded.spectrogram(system, given, observer));
      spectrograms.set(demixer, spectrogram);
    }
    return await this.#loaded.findings(system, await spectrogram, observer);
  }

  /** Records a failure; throws an error that concerns all tracks. */
  #fail({ name: track }: EvaluationTrack, failed: readonly ScoredSystem[], error: unknown): void {
    if (error instanceof KernelLoadError) throw error;
    const reason = reasonOf(error);
    for (const { failures } of failed) failures.push({ track, reason });
    const subject = failed.length === 1 ? `${track}, ${failed[0]?.name}` : track;
    this.#options.onFailure?.(`${subject}: ${reason}`);
  }
}

function withoutScores(
  name: string,
  weights: { name: string; sha256: string | null }[] = [],
): Omit<ScoredSystem, "estimate"> {
  return { name, weights, tracks: [], failures: [] };
}
