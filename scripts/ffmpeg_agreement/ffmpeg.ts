/**
 * Decoding by ffmpeg: the first audio track at its own rate.
 *
 * @module
 */

import type { Side } from "./verdict.ts";
import type { Pcm } from "./compare_pcm.ts";

/** Names that ffmpeg gives a file, and its messages. */
export interface FfmpegLog {
  /** Container, such as `ogg`; empty where ffmpeg knows none. */
  readonly container: string;
  /** Codec of the first audio track; empty where there is none. */
  readonly codec: string;
  /** Sample rate in Hz of the track; 0 where unknown. */
  readonly sampleRateHz: number;
  /** First errors. */
  readonly errors: readonly string[];
}

const MOST_ERRORS = 5;

/** Decodes a file with ffmpeg. */
export async function decodeWithFfmpeg(path: string): Promise<{ log: FfmpegLog; side: Side }> {
  return await decodeInput(`file:${path}`, new Uint8Array());
}

/** Decodes audio in memory with ffmpeg. */
export async function decodeBytes(bytes: Uint8Array<ArrayBuffer>): Promise<Side> {
  return (await decodeInput("pipe:", bytes)).side;
}

async function decodeInput(
  input: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ log: FfmpegLog; side: Side }> {
  const child = new Deno.Command("ffmpeg", {
    args: [
      ...["-hide_banner", "-nostats", "-v", "level+info", "-i", input],
      ...["-map", "0:a:0", "-vn", "-c:a", "pcm_f32le", "-f", "wav", "-"],
    ],
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const feeding = new Blob([bytes]).stream().pipeTo(child.stdin).catch(() => {});
  const { stdout, stderr } = await child.output();
  await feeding;
  const log = parseLog(new TextDecoder().decode(stderr));
  const pcm = parseFloatWav(stdout);
  const isEmpty = pcm === null || pcm.channels[0]!.length === 0;
  const side = isEmpty
    ? { refusal: log.errors.join("; ") }
    : { pcm, codec: log.codec, warnings: log.errors };
  return { log, side };
}

/** Reads the log that ffmpeg writes at `-v level+info`. */
export function parseLog(text: string): FfmpegLog {
  const [, container = ""] = /^\[info\] Input #0, ([^,]+),/m.exec(text) ?? [];
  const [, codec = "", sampleRateHz = "0"] =
    /^\[info\] +Stream #0:.*?: Audio: (\w+).*?(?:, (\d+) Hz|$)/m.exec(text) ?? [];
  const lines = text.split("\n").filter((line) => /\[(error|fatal)\]/.test(line));
  const errors = lines.slice(0, MOST_ERRORS).map((line) => line.replace(/ @ 0x[0-9a-f]+/, ""));
  return { container, codec, sampleRateHz: Number(sampleRateHz), errors };
}

/**
 * Reads the float WAV that ffmpeg writes to a pipe, whose sizes are unknown.
 *
 * @returns null where there is no complete header
 */
export function parseFloatWav(bytes: Uint8Array): Pcm | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [at, channelCount, sampleRateHz] = [12, 0, 0];
  while (at + 8 <= bytes.length) {
    const [name, size] = [view.getUint32(at), view.getUint32(at + 4, true)];
    at += 8;
    if (name === 0x64617461 /* data */) break;
    if (name === 0x666d7420 /* fmt */ && at + 16 <= bytes.length) {
      [channelCount, sampleRateHz] = [view.getUint16(at + 2, true), view.getUint32(at + 4, true)];
    }
    at += size + size % 2;
  }
  if (channelCount === 0 || at > bytes.length) return null;
  const samples = Math.floor((bytes.length - at) / (4 * channelCount));
  const channels = Array.from({ length: Math.min(2, channelCount) }, (_, channel) => {
    const output = new Float32Array(samples);
    for (let i = 0, from = at + 4 * channel; i < samples; i++, from += 4 * channelCount) {
      output[i] = view.getFloat32(from, true);
    }
    return output;
  });
  return { sampleRateHz, channelCount, channels };
}
