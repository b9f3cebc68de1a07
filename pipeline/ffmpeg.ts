/**
 * Decoding through ffmpeg, for files whose format the kernels do not read.
 *
 * @module
 */

import { join } from "node:path";
import { interruptible } from "../core/interruption.ts";
import { printable } from "../core/printable.ts";
import { reasonOf } from "../core/reason.ts";
import { withScratchFolder } from "../core/scratch_folder.ts";
import { beginsAsWav, findFfmpeg, versionIn, WAV_START_BYTES } from "./_ffmpeg_program.ts";

/** ffmpeg could not decode a file, or does not work; the message names the file and has the last lines of ffmpeg. */
export class FfmpegError extends Error {
  /** Name of the class in printed errors. */
  override name = "FfmpegError";
}

/** A file that ffmpeg decoded. */
export interface FfmpegAudio {
  /** Temporary file: float WAV at the rate and with the channels of the original. */
  readonly path: string;
  /** Version of ffmpeg. */
  readonly version: string;
  /** ffmpeg's short name of the codec, such as `wavpack`. */
  readonly codec: string;
  /** Warnings for the user, without the name of the file. */
  readonly warnings: readonly string[];
}

/** Options of {@linkcode withFfmpegAudio}. */
export interface FfmpegOptions {
  /** Seconds without a decoded byte after which ffmpeg counts as hung. */
  readonly idleSeconds?: number;
  /** Longest audio in seconds; longer audio is an error, and no more of it is decoded. No limit by default. */
  readonly mostSeconds?: number;
  /** Aborts the decoding. */
  readonly signal?: AbortSignal;
}

const IDLE_SECONDS = 120;
/** Lines of stderr that an error repeats. */
const TAIL_LINES = 5;
/** Largest number of characters of stderr that are kept, at its start and at its end. */
const KEPT_CHARACTERS = 64 * 1024;
/** Seconds of audio that a temporary file may hold; a decoder of a damaged file could go on for ever. */
const MOST_SECONDS = 12.1 * 3600;
/** Seconds of audio that take more than the header of a WAV, and what an encoder adds. */
const HEADER_SECONDS = 1;

/** Remedy where the program on the PATH is at fault, not the file. */
const REPAIR = "repair or replace it, or convert the file to FLAC or WAV";

/**
 * Returns whether this process may run ffmpeg and there is one on the PATH.
 *
 * @param path the file that it is needed for, for the message
 * @throws {FfmpegError} if the one on the PATH does not work
 */
export async function hasFfmpeg(path: string): Promise<boolean> {
  const found = await findFfmpeg();
  if (typeof found === "string") return found === "works";
  throw new FfmpegError(
    `Decoding '${printable(path)}' needs ffmpeg, but the ffmpeg on the PATH does not work: ` +
      `${found.fault}; ${REPAIR}`,
  );
}

/**
 * Decodes the first audio stream of a file to a temporary file, which is removed after the work, and on interruption.
 *
 * @param path the file
 * @param work receives the decoded file
 * @param options time after which ffmpeg counts as hung; a signal that aborts it
 * @returns the result of `work`
 * @throws {FfmpegError} if ffmpeg fails, hangs, gives no samples, or is no ffmpeg, or the temporary file cannot be written
 * @throws the reason of an aborted signal
 */
export async function withFfmpegAudio<Result>(
  path: string,
  work: (audio: FfmpegAudio) => Promise<Result>,
  options: FfmpegOptions = {},
): Promise<Result> {
  return await withScratchFolder("tactus_ffmpeg_", async (folder) => {
    const output = join(folder, "audio.wav");
    return await work({ path: output, ...await convert(path, output, options) });
  });
}

async function convert(
  path: string,
  output: string,
  { idleSeconds = IDLE_SECONDS, mostSeconds = Infinity, signal: abortion }: FfmpegOptions,
): Promise<Omit<FfmpegAudio, "path">> {
  const failed = (reason: string, remedy: string, cause?: unknown): FfmpegError =>
    new FfmpegError(
      `Decoding '${printable(path)}' through ffmpeg failed: ${reason}; ${remedy}`,
      { cause },
    );
  const foreign = (lines: string): FfmpegError =>
    failed(
      `what it gave is not the WAV that was asked for (${lines})`,
      `the ffmpeg on the PATH does not work: ${REPAIR}`,
    );
  const child = new Deno.Command("ffmpeg", {
    args: [
      ...["-nostdin", "-nostats", "-loglevel", "repeat+level+info"],
      // Formats that refer to other files must not make ffmpeg open a network connection.
      ...["-protocol_whitelist", "file", "-i", `file:${path}`],
      ...["-map", "0:a:0", "-map_metadata", "-1", "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"],
    ],
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
  const kill = (): void => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  };
  return await interruptible(kill, async () => {
    // Ticks of this process: on a machine that stands still they do not go on either.
    let idle = 0;
    let stopped: string | undefined;
    let bytes = 0;
    let isForeign = false;
    const timer = setInterval(() => {
      if (++idle < idleSeconds) return;
      stopped = `it gave no samples for ${idleSeconds} s`;
      kill();
    }, 1000);
    abortion?.addEventListener("abort", kill);
    if (abortion?.aborted) kill();
    const log = logOf(child.stderr);
    try {
      using file = await Deno.open(output, { write: true, createNew: true });
      const longest = Math.min(MOST_SECONDS, mostSeconds + HEADER_SECONDS);
      let most = Infinity;
      for await (const chunk of child.stdout) {
        idle = 0;
        // Another program's output is not waited for.
        isForeign = bytes === 0 && chunk.length >= WAV_START_BYTES && !beginsAsWav(chunk);
        if (isForeign) break;
        if (bytes === 0) most = longest * bytesPerSecond(chunk);
        bytes += chunk.length;
        if (bytes > most) {
          stopped = longest === MOST_SECONDS
            ? "it gave more than 12 hours of audio"
            : `it gave more than ${mostSeconds} s of audio, the limit`;
          break;
        }
        for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
      }
      if (bytes > most || isForeign) kill();
    } catch (cause) {
      kill();
      const reason = reasonOf(cause);
      throw failed(
        `its samples could not be written to ${output} (${reason})`,
        "free some space there, or name another folder in TMPDIR",
        cause,
      );
    } finally {
      await Promise.allSettled([log, child.status]);
      clearInterval(timer);
      abortion?.removeEventListener("abort", kill);
      abortion?.throwIfAborted();
    }
    const { code, signal } = await child.status;
    const { head, tail } = await log;
    const lines = tail.map((line) => printable(line)).join(" | ") || "no message";
    // A wrapper that fails, or another program of this name, says nothing about the file.
    const isFfmpeg = versionIn(head) !== undefined;
    const remedy = isFfmpeg
      ? "check that the file plays elsewhere, or convert it to FLAC or WAV"
      : `the ffmpeg on the PATH does not work: ${REPAIR}`;
    if (stopped !== undefined) throw failed(`${stopped} (${lines})`, remedy);
    if (isForeign) throw foreign(lines);
    if (code !== 0) throw failed(`${signal ?? `exit code ${code}`} (${lines})`, remedy);
    if (bytes === 0) throw failed(`it gave no samples (${lines})`, remedy);
    if (!beginsAsWav(await beginningOf(output))) throw foreign(lines);
    return factsOf(head);
  });
}

/** Returns the first bytes of a file. */
async function beginningOf(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(WAV_START_BYTES);
  return bytes.subarray(0, await file.read(bytes) ?? 0);
}

/** Returns the bytes a second that a WAV header states; the largest there are where the chunk is too short. */
function bytesPerSecond(chunk: Uint8Array): number {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return chunk.length < 32 ? Infinity : view.getUint32(28, true);
}

interface Log {
  /** Beginning of stderr. */
  readonly head: string;
  /** Last lines, without information where there are others. */
  readonly tail: readonly string[];
}

/** Reads stderr to its end; it would block ffmpeg otherwise. */
async function logOf(stderr: ReadableStream<Uint8Array>): Promise<Log> {
  const decoder = new TextDecoder();
  let head = "";
  let last = "";
  for await (const chunk of stderr) {
    const text = decoder.decode(chunk, { stream: true });
    if (head.length < KEPT_CHARACTERS) head += text;
    last = (last + text).slice(-KEPT_CHARACTERS);
  }
  const lines = last.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const faults = lines.filter((line) => !line.includes("[info]"));
  return { head, tail: (faults.length > 0 ? faults : lines).slice(-TAIL_LINES) };
}

/** Reads version, codec and errors from ffmpeg's messages. */
function factsOf(log: string): Omit<FfmpegAudio, "path"> {
  const [input = ""] = log.split("Output #0");
  const streams = [...input.matchAll(/Stream #0:\d+[^\n]*?: Audio: (\w+)/g)];
  const errors = log.split("\n").filter((line) => /\[(?:error|fatal|panic)\]/.test(line))
    .map((line) => printable(line.replace(/^.*\[(?:error|fatal|panic)\] */, "").trim()));
  return {
    version: versionIn(log) ?? "of unknown version",
    codec: streams[0]?.[1] ?? "unknown",
    warnings: [
      ...(streams.length > 1
        ? [`the file has ${streams.length} audio tracks; only the first is decoded`]
        : []),
      ...(errors.length > 0
        ? [
          `ffmpeg reports ${
            errors.length === 1 ? "an error" : `${errors.length} errors, the first`
          }: ${errors[0]}`,
        ]
        : []),
    ],
  };
}
