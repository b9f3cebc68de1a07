/**
 * Files for viewers and listeners of a track: plots, the player page and the click track.
 *
 * @module
 */

import { join } from "node:path";
import { writeWhole } from "../core/files.ts";
import { release, type Tensor } from "../core/tensor.ts";
import type { AnalyzedTrack, Track } from "../pipeline/analyze_track.ts";
import type { AudioOptions } from "../pipeline/audio_files.ts";
import type { Audible } from "./sonify/click_track.ts";
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

/** A file that shows the seams of a track. */
interface TrackFile {
  readonly path: string;
  /** Returns its content, and leaves the audio as it is. */
  encode(
    analyzed: AnalyzedTrack,
    mixture: Tensor<"f32">,
  ): Promise<string | Uint8Array | Iterable<Uint8Array>>;
}

/** The parts of an analysis that a click track is made of. */
export type Clicked = Pick<AnalyzedTrack, "track" | "startSeconds"> & { readonly result: Audible };

/**
 * Returns the paths of the files of a track that are made from its seams, which only an analysis has.
 *
 * @param name name of its result files, without their ending
 * @param options which files are written
 */
export function pathsFromSeams(name: string, options: TrackFilesOptions): string[] {
  return drawnFiles(name, options).map((file) => file.path);
}

/**
 * Returns the path of the click track of a track.
 *
 * @param path path of the track
 * @param name name of its result files, without their ending
 * @param options which files are written
 * @returns undefined where none is written
 */
export function clickTrackPath(
  path: string,
  name: string,
  { clicks }: TrackFilesOptions,
): string | undefined {
  if (clicks === undefined) return undefined;
  return join(clicks.directory, `${name}.sonif.${formatOf(path, clicks)}`);
}

/**
 * Writes the click track of a track, for which its audio is read again, where the options ask for one.
 *
 * @param clicked the track, its result, and the time at which its audio begins
 * @param name name of its result files, without their ending
 * @param options which files are written
 * @param mixture the audio, which is changed; it is read where it is absent
 * @throws if the audio cannot be read or the file cannot be written
 */
export async function writeClickTrack(
  { track, result, startSeconds }: Clicked,
  name: string,
  options: TrackFilesOptions,
  mixture?: Tensor<"f32">,
): Promise<void> {
  const path = clickTrackPath(track.path, name, options);
  if (path === undefined || options.clicks === undefined) return;
  const { sonify } = await import("./sonify/sonify.ts");
  const audio = mixture ?? await readAudio(track, options);
  const format = formatOf(track.path, options.clicks);
  await writeWhole(path, await sonify(audio, result, format, startSeconds));
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
  const drawn = drawnFiles(name, options);
  if (drawn.length === 0 && options.clicks === undefined) return;
  const mixture = await readAudio(analyzed.track, options);
  for (const file of drawn) await writeWhole(file.path, await file.encode(analyzed, mixture));
  // Last, since the clicks are added to the audio itself.
  await writeClickTrack(analyzed, name, options, mixture);
  release(mixture);
}

async function readAudio(track: Track, { audio = {} }: TrackFilesOptions): Promise<Tensor<"f32">> {
  const { readTrackAudio } = await import("./track_audio.ts");
  return await readTrackAudio(track, audio);
}

/** Returns the files that show the seams of a track. */
function drawnFiles(name: string, { plotDirectory, plots, page }: TrackFilesOptions): TrackFile[] {
  return [
    ...new Set(plots).values().map((format): TrackFile => ({
      path: join(plotDirectory, `${name}.${format}`),
      async encode(analyzed, mixture): Promise<string | Uint8Array> {
        const { plot } = await import("./pictures/plot.ts");
        return await plot(analyzed, mixture, format);
      },
    })),
    ...(page ? [pageFile(plotDirectory, name)] : []),
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

/** Returns the format of a click track; by default upstream's: FLAC of a FLAC file, WAV of every other. */
function formatOf(
  path: string,
  { format }: NonNullable<TrackFilesOptions["clicks"]>,
): ClickFormat {
  return format !== "auto" ? format : /\.flac$/i.test(path) ? "flac" : "wav";
}
