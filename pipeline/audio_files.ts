/**
 * Opening of audio files: with the built-in decoders, or through ffmpeg.
 *
 * @module
 */

import { ALL_SAMPLES, type OpenFile, type SampleRange, UnreadFormatError } from "../kernels/mod.ts";
import { printable } from "../core/printable.ts";
import { reasonOf } from "../core/reason.ts";
import { FfmpegError, type FfmpegOptions, hasFfmpeg, withFfmpegAudio } from "./ffmpeg.ts";
import { type FileIdentity, fileIdentity } from "./file_identity.ts";
import type { Gain } from "./levels.ts";
import type { AudioFile } from "./result.ts";
import { SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { basename } from "node:path";

/** How audio is read. */
export interface AudioOptions extends FfmpegOptions {
  /** Whether formats that are not read here are decoded through ffmpeg, where it is installed; true by default. */
  readonly ffmpeg?: boolean;
  /** Gain before the analysis; none by default. */
  readonly gain?: Gain;
  /** Largest difference in seconds of the lengths of stems that is filled with silence. */
  readonly stemsPaddingSeconds?: number;
  /** Part of the track that is read; all of it by default. */
  readonly part?: TrackPart;
}

/** A part of a track. */
export interface TrackPart {
  /** Start in seconds; 0 by default. */
  readonly startSeconds?: number;
  /** End in seconds; the end of the track by default. */
  readonly endSeconds?: number;
}

/** The audio is longer than the limit. */
export class TooLongError extends Error {
  /** Name of the class in printed errors. */
  override name = "TooLongError";
}

/** Returns a part of a track in samples at 44.1 kHz; where there is a limit, it exceeds that by one sample at most. */
export function rangeOf({ part, mostSeconds }: AudioOptions): SampleRange {
  const { startSeconds = 0, endSeconds } = part ?? {};
  const first = samplesOf(startSeconds);
  const end = endSeconds === undefined ? ALL_SAMPLES.end : samplesOf(endSeconds);
  return {
    first,
    end: mostSeconds === undefined ? end : Math.min(end, first + samplesOf(mostSeconds) + 1),
  };
}

function samplesOf(seconds: number): number {
  return Math.round(seconds * SAMPLE_RATE_HZ);
}

/**
 * Throws {@linkcode TooLongError} where more was read than the limit allows.
 *
 * @param path path of the file
 * @param samples samples that were read, at 44.1 kHz
 * @param options the limit
 */
export function ensureLength(path: string, samples: number, { mostSeconds }: AudioOptions): void {
  if (mostSeconds === undefined || samples <= samplesOf(mostSeconds)) return;
  throw new TooLongError(
    `'${
      printable(path)
    }' is longer than ${mostSeconds} s, the limit; analyse a part of it, or raise the limit`,
  );
}

/** An open file and what to tell about it. */
export type OpenedFile<File extends OpenFile> = File & {
  /** Notes for the user, without the name of the file. */
  readonly notes: readonly string[];
  /** Identity of the file; null for samples in memory. */
  readonly identity: FileIdentity | null;
};

/**
 * Opens an audio file. A file with sound in a format that the kernels do not read is decoded through ffmpeg; a
 * damaged file of a format that they read, or a file without sound, is not.
 *
 * @param path path of the file
 * @param open opens a file with the kernels
 * @param options whether ffmpeg may be used
 * @throws {KernelError} if the file cannot be read, is not audio, or holds no samples
 * @throws {FfmpegError} if ffmpeg cannot decode it either, or does not work
 * @throws {TooLongError} if it is longer than the limit
 */
export async function openWithFallback<File extends OpenFile>(
  path: string,
  open: (path: string) => Promise<File>,
  options: AudioOptions = {},
): Promise<OpenedFile<File>> {
  const identity = fileIdentity(path);
  const file = await openAny(path, open, options);
  try {
    ensureLength(path, file.samples, options);
  } catch (error) {
    file.close();
    throw error;
  }
  return { ...file, identity: await identity };
}

async function openAny<File extends OpenFile>(
  path: string,
  open: (path: string) => Promise<File>,
  options: AudioOptions,
): Promise<File & { readonly notes: readonly string[] }> {
  try {
    return { ...await open(path), notes: [] };
  } catch (error) {
    if (!(error instanceof UnreadFormatError)) throw error;
    const { message, format } = error;
    if (options.ffmpeg === false) {
      throw new UnreadFormatError(
        `${message}, or let it be read through ffmpeg, without --no-ffmpeg`,
        format,
        { cause: error },
      );
    }
    if (!await hasFfmpeg(path)) {
      throw new UnreadFormatError(
        `${message}, or install ffmpeg: with ffmpeg on the PATH such a file is read as it is`,
        format,
        { cause: error },
      );
    }
    return await withFfmpegAudio(path, async (audio) => {
      const file = await open(audio.path).catch((cause) => {
        throw new FfmpegError(
          `Decoding '${printable(path)}' through ffmpeg failed: its output cannot be analyzed ` +
            `(${
              finding(cause, audio.path)
            }); check that the ffmpeg on the PATH works, or convert the file to FLAC or WAV`,
          { cause },
        );
      });
      const { codec, version } = audio;
      return {
        ...file,
        ...{ codec, decoder: `ffmpeg ${version}`, sourceBits: null },
        warnings: [
          ...audio.warnings,
          ...file.warnings.map((warning) => `in the output of ffmpeg, ${warning}`),
        ],
        notes: [`decoded through ffmpeg ${version}, since ${format} is not read here`],
      };
    }, options);
  }
}

/** Returns what an error of the decoder says about the file at a path, without the path and the advice. */
function finding(error: unknown, path: string): string {
  const message = reasonOf(error);
  const [, text = message] = message.split(`'${path}'`);
  return text.split("; ")[0]!.replace(/^[^:]{0,20}: /, "").trim();
}

/** Describes an opened file for the provenance of a result. */
export function audioFile(path: string, file: OpenedFile<OpenFile>): AudioFile {
  return {
    file: basename(path),
    identity: file.identity,
    codec: file.codec,
    sample_rate: file.sourceSampleRateHz,
    decoder: file.decoder,
    trimmed: file.trimmedSamples,
    pcm_sha256: file.pcmSha256,
  };
}
