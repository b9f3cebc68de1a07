/**
 * A copy of the audio as WAV with cue points and labels.
 *
 * @module
 */

import { closeSync, openSync, readSync, statSync } from "node:fs";
import { openAudio } from "../../kernels/mod.ts";
import { printable } from "../../core/printable.ts";
import { type AudioOptions, openWithFallback } from "../../pipeline/audio_files.ts";
import type { FormatResult } from "./format_result.ts";
import { SAMPLE_RATE_HZ } from "../../pipeline/spectrogram.ts";

/** Largest size of the file behind its first eight bytes. */
const MOST_BYTES = 2 ** 32 - 1;

/** Bytes that are copied at a time. */
const PIECE_BYTES = 2 ** 20;

/** Frames that are converted at a time. */
const PIECE_FRAMES = 2 ** 16;

/** A cue point. */
interface Cue {
  /** Sample at the file's rate. */
  readonly sample: number;
  /** Length in samples of a region; 0 for a point. */
  readonly samples: number;
  readonly label: string;
}

/**
 * Encodes the audio of a track with a region for each segment and a point for each downbeat, whose label is the number of the bar.
 * A WAV file is copied as it is but for its own cue points; other audio is written as PCM at its own rate, with 16 bits where the
 * source has no more, else with 24. Of more than two channels the first two are kept.
 *
 * @param result the analysis
 * @param options whether ffmpeg may be used
 * @returns the parts of the file in order
 * @throws {KernelError | FfmpegError} if the audio cannot be decoded
 * @throws {RangeError} for more than 4 GiB, the limit of the format
 *
 * Source: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0": `cue `, `labl` and `ltxt`.
 */
export async function encodeWavCues(
  result: FormatResult,
  options: AudioOptions,
): Promise<Iterable<Uint8Array>> {
  const copied = copiedWav(result);
  if (copied !== undefined) return copied;
  const rate = result.provenance?.mix?.sample_rate ?? SAMPLE_RATE_HZ;
  const file = await openWithFallback(result.path, (path) => openAudio(path, rate), options);
  try {
    const { channels, samples } = file;
    const bytes = file.sourceBits !== null && file.sourceBits <= 16 ? 2 : 3;
    const { data } = await file.read();
    const kept = Math.min(channels, 2);
    const audio: Chunk[] = [
      { name: "fmt ", size: 16, parts: () => [formatOf(kept, rate, bytes)] },
      {
        name: "data",
        size: kept * bytes * samples,
        parts: () => pcm(data, kept, samples, bytes),
      },
    ];
    return wavFile(result.path, [...audio, ...cueChunks(cuesOf(result, rate, samples))]);
  } finally {
    file.close();
  }
}

/** A chunk of a RIFF file. */
interface Chunk {
  readonly name: string;
  /** Bytes of the content, without the padding. */
  readonly size: number;
  readonly parts: () => Iterable<Uint8Array>;
}

function wavFile(path: string, chunks: readonly Chunk[]): Iterable<Uint8Array> {
  const size = 4 + chunks.reduce((sum, chunk) => sum + 8 + chunk.size + chunk.size % 2, 0);
  if (size > MOST_BYTES) {
    throw new RangeError(
      `Could not write the WAV file with cue points of ${printable(path)}: it would have ${
        size + 8
      } bytes, and the format is limited to 4 GiB; leave wav-cues out of --format`,
    );
  }
  return (function* (): Iterable<Uint8Array> {
    yield bytesOf("RIFF", size, "WAVE");
    for (const { name, size, parts } of chunks) {
      yield bytesOf(name, size);
      yield* parts();
      if (size % 2 === 1) yield new Uint8Array(1);
    }
  })();
}

/** Returns cue points of the segments and downbeats, in order of time. */
function cuesOf({ segments, downbeats }: FormatResult, rate: number, frames: number): Cue[] {
  const at = (seconds: number): number => Math.min(frames, Math.max(0, Math.round(seconds * rate)));
  return [
    ...segments.map(({ start, end, label }) => ({
      ...{ sample: at(start), samples: at(end) - at(start), label },
    })),
    ...downbeats.map((time, bar) => ({ sample: at(time), samples: 0, label: `bar ${bar + 1}` })),
  ].toSorted((a, b) => a.sample - b.sample);
}

function cueChunks(cues: readonly Cue[]): Chunk[] {
  if (cues.length === 0) return [];
  const points = cues.map(({ sample }, cue) =>
    // Identifier, position in the order of playing, chunk, its start, start of the block, sample in the chunk.
    bytesOf(cue + 1, sample, "data", 0, 0, sample)
  );
  const labels = cues.flatMap(({ samples, label }, cue) => {
    const text = `${label}\0`;
    const region = samples === 0 ? [] : [
      // Length, purpose, and country, language, dialect and code page, which are not given.
      bytesOf("ltxt", 20, cue + 1, samples, "rgn ", 0, 0),
    ];
    const encoded = new TextEncoder().encode(text);
    const padding = new Uint8Array(encoded.length % 2);
    return [bytesOf("labl", 4 + encoded.length, cue + 1), encoded, padding, ...region];
  });
  return [
    chunkOf("cue ", [bytesOf(cues.length), ...points]),
    chunkOf("LIST", [bytesOf("adtl"), ...labels]),
  ];
}

function chunkOf(name: string, parts: readonly Uint8Array[]): Chunk {
  return { name, size: parts.reduce((sum, { length }) => sum + length, 0), parts: () => parts };
}

function formatOf(channels: number, rate: number, bytes: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint16(0, 1, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, rate, true);
  view.setUint32(8, rate * channels * bytes, true);
  view.setUint16(12, channels * bytes, true);
  view.setUint16(14, 8 * bytes, true);
  return new Uint8Array(view.buffer);
}

/** Interleaves and rounds samples, half to even, saturated. */
function* pcm(
  data: Float32Array,
  channels: number,
  samples: number,
  bytes: number,
): Iterable<Uint8Array> {
  const scale = 2 ** (8 * bytes - 1);
  for (let first = 0; first < samples; first += PIECE_FRAMES) {
    const frames = Math.min(PIECE_FRAMES, samples - first);
    const piece = new Uint8Array(frames * channels * bytes);
    let at = 0;
    for (let frame = first; frame < first + frames; frame++) {
      for (let channel = 0; channel < channels; channel++) {
        const value = data[channel * samples + frame]! * scale;
        const rounded = Math.max(-scale, Math.min(scale - 1, halfToEven(value)));
        for (let byte = 0; byte < bytes; byte++) piece[at++] = rounded >> 8 * byte;
      }
    }
    yield piece;
  }
}

function halfToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Returns the bytes of names and little-endian numbers of 32 bits. */
function bytesOf(...values: readonly (string | number)[]): Uint8Array {
  return Uint8Array.from(
    values.flatMap((value) =>
      typeof value === "string"
        ? [...value].map((character) => character.charCodeAt(0))
        : [value % 256, (value >> 8) & 255, (value >> 16) & 255, value >>> 24]
    ),
  );
}

/** A chunk of a file. */
interface FileChunk {
  readonly name: string;
  /** Offset of the content. */
  readonly start: number;
  readonly size: number;
}

/** Returns a copy of the track's own WAV file; undefined where it is none, or is not written as the format asks. */
function copiedWav(result: FormatResult): Iterable<Uint8Array> | undefined {
  const { path } = result;
  if (!statSync(path).isFile()) {
    throw new Error(
      `Could not copy the audio of ${printable(path)} for wav-cues: expected a file, but it is a ` +
        "folder; name the mix as well",
    );
  }
  const file = openSync(path, "r");
  try {
    const chunks = chunksOf(file, statSync(path).size);
    const format = chunks?.find(({ name }) => name === "fmt ");
    const data = chunks?.find(({ name }) => name === "data");
    if (chunks === undefined || format === undefined || data === undefined) return undefined;
    const fields = new DataView(readAt(file, format.start, 16).buffer);
    const [rate, frameBytes] = [fields.getUint32(4, true), fields.getUint16(12, true)];
    // In compressed formats a block holds many samples.
    const isPcm = [1, 3, 0xfffe].includes(fields.getUint16(0, true));
    if (!isPcm || frameBytes === 0 || data.size === 0) return undefined;
    const cues = cuesOf(result, rate, Math.floor(data.size / frameBytes));
    const kept = chunks.filter((chunk) => !isCueChunk(file, chunk));
    return wavFile(path, [
      ...kept.map(({ name, size, start }) => ({
        ...{ name, size, parts: () => piecesOf(path, start, size) },
      })),
      ...cueChunks(cues),
    ]);
  } finally {
    closeSync(file);
  }
}

/** Returns the chunks of a WAV file; undefined where a chunk is cut, or the file is another. */
function chunksOf(file: number, fileSize: number): FileChunk[] | undefined {
  const head = readAt(file, 0, 12);
  const name = (bytes: Uint8Array, at: number): string =>
    String.fromCharCode(...bytes.subarray(at, at + 4));
  if (name(head, 0) !== "RIFF" || name(head, 8) !== "WAVE") return undefined;
  const chunks: FileChunk[] = [];
  for (let at = 12; at + 8 <= fileSize;) {
    const header = readAt(file, at, 8);
    const size = new DataView(header.buffer).getUint32(4, true);
    if (at + 8 + size > fileSize) return undefined;
    chunks.push({ name: name(header, 0), start: at + 8, size });
    at += 8 + size + size % 2;
  }
  return chunks;
}

/** Returns whether a chunk holds cue points, their labels or their order of playing. */
function isCueChunk(file: number, { name, start }: FileChunk): boolean {
  if (name === "cue " || name === "plst") return true;
  return name === "LIST" && String.fromCharCode(...readAt(file, start, 4)) === "adtl";
}

function readAt(file: number, position: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  readSync(file, bytes, 0, length, position);
  return bytes;
}

function* piecesOf(path: string, start: number, size: number): Iterable<Uint8Array> {
  const file = openSync(path, "r");
  try {
    for (let at = 0; at < size; at += PIECE_BYTES) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, size - at));
      if (readSync(file, piece, 0, piece.length, start + at) !== piece.length) {
        throw new Error(`Could not copy ${printable(path)}: it became shorter while it was read`);
      }
      yield piece;
    }
  } finally {
    closeSync(file);
  }
}
