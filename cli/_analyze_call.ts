/**
 * The call of `analyze`: its arguments, checked against each other.
 *
 * @module
 */

import type { Precision } from "../kernels/mod.ts";
import type { LoadOptions } from "../models/mod.ts";
import type { FormatName, TrackFilesOptions } from "../outputs/mod.ts";
import type {
  AudioOptions,
  ComputeOptions,
  FindingOptions,
  GuardOptions,
  Track,
} from "../pipeline/mod.ts";
import type { OverwritePart } from "./_overwrite.ts";

/** The tracks and settings of a call. */
export interface AnalyzeCall extends LoadOptions, ComputeOptions {
  /** Tracks that the arguments name by themselves: the demo piece, and those whose stems are given. */
  readonly tracks: readonly Track[];
  /** Files, folders, patterns, playlists, and `-` for standard input. */
  readonly inputs: readonly string[];
  /** Whether folders within folders are searched. */
  readonly recursive: boolean;
  /** How audio is read. */
  readonly audio: AudioOptions;
  /** What is searched for, and how it is told. */
  readonly findings: FindingOptions;
  /** Name of a model, or `auto`. */
  readonly model: string;
  /** Name of a demixer, or `auto`. */
  readonly demixer: string;
  /** Number of passes over a mix. */
  readonly shifts: number;
  readonly demixSeed: number;
  /** Share of a segment of the demixer that overlaps the next one. */
  readonly overlap: number;
  /** Folder for the kept stems; absent to keep none. */
  readonly keepIn?: string;
  /** Folder for the kept spectrograms; absent to keep none. */
  readonly keepSpectrogramsIn?: string;
  readonly demixDir: string;
  readonly specDir: string;
  readonly outDir: string;
  /** Folder for activations and embeddings; that of the results by default. */
  readonly arrayDir?: string;
  /** Whether to write the activations. */
  readonly activ: boolean;
  /** Whether to write the embeddings. */
  readonly embed: boolean;
  /** Formats of other programs to write. */
  readonly formats: readonly FormatName[];
  /** Whether to write the tempo into the tags of the audio files. */
  readonly writeTags: boolean;
  /** Plots, player pages and tracks with clicks; absent for none. */
  readonly trackFiles?: TrackFilesOptions;
  /** Whether to print the result as JSON. */
  readonly json: boolean;
  readonly timingsPath?: string;
  readonly device: string;
  readonly precision: Precision;
  readonly guardOptions?: GuardOptions;
  /** Parts that are done anew; none to skip finished tracks. */
  readonly overwrite: readonly OverwritePart[];
  /** Whether only to tell what would be done. */
  readonly dryRun: boolean;
  /** Number of tracks side by side; absent for the default. */
  readonly jobs?: number;
  /** Keys of the options that the arguments name. */
  readonly given: ReadonlySet<string>;
}
