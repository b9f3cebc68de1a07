/**
 * Types of the tracks that are analysed, and of their stems.
 *
 * @module
 */

import type { AudioSamples } from "../kernels/mod.ts";
import type { AudioOptions } from "./audio_files.ts";
import type { Provenance } from "./result.ts";
import type { RunObserver } from "./runner.ts";
import type { Seams } from "./seams.ts";
import type { SpectrogramRecord } from "./spectrogram_files.ts";
import type { SeparationContext, Stage, StageContext } from "./stages.ts";

/** A track: a mix to separate, or a track whose stems are given. */
export interface Track {
  /** Absolute path of the track in the result; the mix, where no stems are given. */
  readonly path: string;
  /** Name of its result files. */
  readonly name: string;
  /** Folder with the stems; absent for a mix. */
  readonly stemsDirectory?: string;
  /** Files of the stems, bass, drums, other, vocals, and those that are added to other; by default found in their folder. */
  readonly stems?: readonly string[];
  /** The mix itself, where it is in memory and not a file. */
  readonly samples?: AudioSamples;
}

/** How a mix is separated. */
export interface SeparationOptions
  extends Pick<SeparationContext, "demixer" | "loadFallback" | "shifts" | "overlap"> {
  /** Folder where stems are kept and reused; absent to keep none. */
  readonly keepIn?: string;
  /** Whether kept stems and spectrograms are made anew instead of used; false by default. */
  readonly isAnew?: boolean;
  /** Whether a kept spectrogram is made anew, from kept stems where they are; false by default. */
  readonly isSpectrogramAnew?: boolean;
}

/** Stems of a track and their provenance. */
export interface Separated {
  /** `stems16`, or `spectrogram` where the stems were used up. */
  readonly seams: Partial<Seams>;
  /** SHA-256 of the stems, as of `hashOfDigests`. */
  readonly sha256: Promise<string>;
  /** Length of the longest stem. */
  readonly durationSeconds: number;
  /** Provenance of the stems. */
  readonly provenance: Pick<
    Provenance,
    | "demixer"
    | "demixer_weights"
    | "demix_shifts"
    | "demix_overlap"
    | "stems_padding"
    | "demix_precision"
    | "mix"
    | "stems"
    | "decoder"
    | "gain"
  >;
  /** Where the spectrogram is to be kept, and its record; absent to keep none, or where it was kept before. */
  readonly toKeep?: { readonly path: string; readonly record: SpectrogramRecord };
  /** Backend of the separation, where one was needed. */
  readonly backends?: Readonly<Record<string, string>>;
  /** Warnings for the user, each naming the track. */
  readonly warnings: readonly string[];
  /** Notes for the user, each naming the track. */
  readonly notes?: readonly string[];
}

/** What the reading and the separation of stems need. */
export interface StemsRun {
  /** Weights and options of the stages. */
  readonly context: StageContext;
  /** Receives starts, progress and timings. */
  readonly observer: RunObserver;
  /** `performance.now()` at the origin of the timings. */
  readonly origin: number;
  /** How audio is read. */
  readonly audio: AudioOptions;
  /** Stages up to the stems. */
  readonly stages: readonly Stage[];
  /** Whether the seams before the spectrogram are wanted; where they are not, no stage holds all samples of a track. */
  readonly keepsStems: boolean;
  /** Whether stems that allin1 has kept are used whatever the demixer. */
  readonly takesUpstreams: boolean;
  /** Path of the kept spectrogram without its ending; absent to keep none. */
  readonly spectrogramAt?: string;
}
