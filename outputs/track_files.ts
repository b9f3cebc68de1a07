/**
 * Files for viewers and listeners of a track: plots, the player page and the click track.
 *
 * @module
 */

import { join } from "node:path";
import { writeWhole } from "../core/files.ts";
import type { Tensor } from "../core/tensor.ts";
import type { AnalyzedTrack } from "../pipeline/analyze_track.ts";
import type { AudioOptions } from "../pipeline/audio_files.ts";
import type { ClickFormat, PlotFormat } from "./track_file_formats.ts";

/** Which files are written for viewers and listeners, and where. */
export interface TrackFilesOptions {
  /** Folder of plots and player pages. */
  readonly plotDirectory: string;
  /** Formats of the plot; none for no plot. */
  readonly plots: readonly PlotFormat[];
  /** Whether the player page is written. */
  readonly page: boolean;
  /** Folder and format of the click track; absent for none. `auto` is FLAC for a FLAC file, else WAV. */
  readonly clicks?: { readonly directory: string; readonly format: ClickFormat | "auto" };
  /** How the audio of a track is read again. */
  readonly audio?: AudioOptions;
}

/** The longest ending that follows the name of a track in its files. */
export const LONGEST_TRACK_FILE_ENDING = ".sonif.flac";

/** A file for viewers or listeners. */
interface TrackFile {
  readonly path: string;
  /** Returns its content. The audio is a copy of its own where it changes it. */
  encode(
    analyzed: AnalyzedTrack,
    mixture: Tensor<"f32">,
  ): Promise<string | Uint8Array | Iterable<Uint8Array>>;
}

/**
 * Returns the paths of the files of a track.
 *
 * @param path path of the track
 * @param name name of its result files, without their ending
 * @param options which files are written
 */
export function trackFilePaths(path: string, name: string, options: TrackFilesOptions): string[] {
  return filesOf(path, name, options).map((file) => file.path);
}

/**
 * Writes the files of a track, for which its audio is read again. Each file is renamed into place when it is complete.
 *
 * @param analyzed the analysis
 * @param name name of its result files, without their ending
 * @param options which files are written
 * @throws if the audio cannot be read or a file cannot be written
 */
export async function writeTrackFiles(
  analyzed: AnalyzedTrack,
  name: string,
  options: TrackFilesOptions,
): Promise<void> {
  const files = filesOf(analyzed.track.path, name, options);
  if (files.length === 0) return;
  const { readTrackAudio } = await import("./track_audio.ts");
  const mixture = await readTrackAudio(analyzed.track, options.audio ?? {});
  for (const file of files) await writeWhole(file.path, await file.encode(analyzed, mixture));
}

/** Returns the files of a track; the click track, which changes the audio, comes last. */
function filesOf(path: string, name: string, options: TrackFilesOptions): TrackFile[] {
  const { plotDirectory, plots, page, clicks } = options;
  return [
    ...new Set(plots).values().map((format): TrackFile => ({
      path: join(plotDirectory, `${name}.${format}`),
      async encode(analyzed, mixture): Promise<string | Uint8Array> {
        const { plot } = await import("./pictures/plot.ts");
        return await plot(analyzed, mixture, format);
      },
    })),
    ...(page ? [pageFile(plotDirectory, name)] : []),
    ...(clicks === undefined ? [] : [clickFile(path, name, clicks)]),
  ];
}

function pageFile(directory: string, name: string): TrackFile {
  return {
    path: join(directory, `${name}.html`),
    async encode(analyzed, mixture): Promise<string> {
      const [{ pageAudio }, { playerPage }, { trackView }] = await Promise.all([
        import("./player/page_audio.ts"),
        import("./player/page.tsx"),
        import("./pictures/track_view.ts"),
      ]);
      const audio = await pageAudio(analyzed, mixture, directory);
      return playerPage(trackView(analyzed, mixture), audio);
    },
  };
}

function clickFile(
  path: string,
  name: string,
  { directory, format }: NonNullable<TrackFilesOptions["clicks"]>,
): TrackFile {
  const chosen = format === "auto" ? formatOf(path) : format;
  return {
    path: join(directory, `${name}.sonif.${chosen}`),
    async encode({ result, startSeconds }, mixture): Promise<Uint8Array> {
      const { sonify } = await import("./sonify/sonify.ts");
      return await sonify(mixture, result, chosen, startSeconds);
    },
  };
}

/** Returns the format of which upstream writes the click track of a FLAC file; WAV for every other. */
function formatOf(path: string): ClickFormat {
  return /\.flac$/i.test(path) ? "flac" : "wav";
}
