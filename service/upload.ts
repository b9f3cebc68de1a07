/**
 * Uploads: streams to a file, with limits on size and time.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { orAborted } from "../core/abort.ts";
import { printable } from "../core/printable.ts";
import { AUDIO_ENDING } from "../pipeline/find_stems.ts";
import type { ReceivedAudio } from "./job_queue.ts";
import { FormError, formParts } from "./multipart.ts";
import { Problem } from "./problem.ts";

/** Limits of an upload. */
export interface UploadLimits {
  /** Most bytes of the audio. */
  readonly bytes: number;
  /** Seconds without a byte after which it is refused. */
  readonly idleSeconds: number;
  /** Seconds after which it is refused. */
  readonly seconds: number;
}

/** Bytes that a multipart body may have besides the audio. */
const MULTIPART_BYTES = 64 * 1024;

/** Name of the field with the audio in a multipart body. */
export const AUDIO_FIELD = "audio";

/** Most characters of a name. */
const NAME_CHARACTERS = 200;

/**
 * Returns the name of a file as it is shown: without folders and control characters. It is never used as a path.
 *
 * @param given name that a client gave
 */
export function shownName(given: string): string {
  const last = given.split(/[/\\]/).at(-1) ?? "";
  // Half a pair of surrogates cannot be written as UTF-8.
  const name = [...printable(last.toWellFormed()).trim()].slice(0, NAME_CHARACTERS).join("");
  return name === "" || name === "." || name === ".." ? "audio" : name;
}

/** Returns the name of the stored file: of the client's name only a known ending is kept. */
function storedName(name: string): string {
  return `audio${AUDIO_ENDING.exec(name)?.[0].toLowerCase() ?? ""}`;
}

/**
 * Receives a body that is the audio itself.
 *
 * @param body the body
 * @param name name for people
 * @param folder empty folder for the file
 * @param limits limits
 * @param signal ends the upload, with its reason
 * @throws {Problem} `too-large`, `upload-timeout`, `bad-request` or `storage-full`
 */
export async function receiveBody(
  body: ReadableStream<Uint8Array>,
  name: string,
  folder: string,
  limits: UploadLimits,
  signal: AbortSignal,
): Promise<ReceivedAudio> {
  return await store(timed(body, limits, signal), name, folder, limits);
}

/**
 * Receives a multipart body with one file, in the field `audio`.
 *
 * @param body the body
 * @param type its content type, with the boundary
 * @param folder empty folder for the file
 * @param limits limits
 * @param signal ends the upload, with its reason
 * @throws {Problem} as {@linkcode receiveBody}
 */
export async function receiveMultipart(
  body: ReadableStream<Uint8Array>,
  type: string,
  folder: string,
  limits: UploadLimits,
  signal: AbortSignal,
): Promise<ReceivedAudio> {
  const invalid = (detail: string, cause?: unknown): Problem =>
    new Problem("bad-request", detail, {}, { cause });
  async function* limited(): AsyncGenerator<Uint8Array> {
    let total = 0;
    for await (const chunk of timed(body, limits, signal)) {
      total += chunk.length;
      if (total > limits.bytes + MULTIPART_BYTES) throw tooLarge(limits);
      yield chunk;
    }
  }
  let received: ReceivedAudio | undefined;
  try {
    for await (const { field, fileName, body: part } of formParts(limited(), type)) {
      if (field === AUDIO_FIELD && received === undefined) {
        received = await store(part, fileName ?? "", folder, limits);
      } else if (fileName !== undefined || field === AUDIO_FIELD) {
        throw invalid(
          field === AUDIO_FIELD
            ? `The form has more than one field ${AUDIO_FIELD}`
            : `The form has a file in the field ${JSON.stringify(field)}, not in ${AUDIO_FIELD}`,
        );
      }
    }
  } catch (error) {
    throw error instanceof FormError ? invalid(error.message, error) : error;
  }
  if (received === undefined) throw invalid(`The form has no file in the field ${AUDIO_FIELD}`);
  return received;
}

/**
 * Reads a small body as text.
 *
 * @param body the body
 * @param most most bytes
 * @param limits limits of time
 * @param signal ends the reading, with its reason
 * @throws {Problem} `too-large`, `upload-timeout` or `bad-request`
 */
export async function smallBody(
  body: ReadableStream<Uint8Array>,
  most: number,
  limits: UploadLimits,
  signal: AbortSignal,
): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of timed(body, limits, signal)) {
    bytes += part.length;
    if (bytes > most) throw tooLarge({ ...limits, bytes: most });
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Writes parts to a file of the folder. */
async function store(
  parts: AsyncIterable<Uint8Array>,
  given: string,
  folder: string,
  limits: UploadLimits,
): Promise<ReceivedAudio> {
  const name = shownName(given);
  const file = storedName(name);
  const hash = createHash("sha256");
  let bytes = 0;
  using output = await Deno.open(join(folder, file), { write: true, createNew: true });
  for await (const part of parts) {
    bytes += part.length;
    if (bytes > limits.bytes) throw tooLarge(limits);
    hash.update(part);
    await writeAll(output, part);
  }
  if (bytes === 0) throw new Problem("not-audio", "The file is empty");
  return { name, bytes, sha256: hash.digest("hex"), source: { folder, file } };
}

async function writeAll(file: Deno.FsFile, part: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
  } catch (cause) {
    throw new Problem("storage-full", "The upload could not be written", { "Retry-After": "60" }, {
      cause,
    });
  }
}

/** Yields the parts of a body; one that comes too slowly, or whose connection ends, is an error. */
async function* timed(
  body: ReadableStream<Uint8Array>,
  { idleSeconds, seconds }: UploadLimits,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const end = performance.now() + 1000 * seconds;
  try {
    for (;;) {
      const idle = new AbortController();
      const left = Math.min(1000 * idleSeconds, end - performance.now());
      const timer = setTimeout(() => idle.abort(tooSlow()), Math.max(0, left));
      try {
        const { done, value } = await orAborted(
          reader.read().catch((cause) => {
            throw new Problem("bad-request", "The body ended too early", {}, { cause });
          }),
          AbortSignal.any([signal, idle.signal]),
        );
        if (done) return;
        yield value;
      } finally {
        clearTimeout(timer);
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function tooLarge({ bytes }: UploadLimits): Problem {
  return new Problem("too-large", `The file has more than ${bytes} bytes`, { Connection: "close" });
}

function tooSlow(): Problem {
  return new Problem("upload-timeout", "No byte came in time", { Connection: "close" });
}
