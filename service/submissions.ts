/**
 * POST /analyses: audio that is uploaded, or named by its path.
 *
 * @module
 */

import type { Context } from "hono";
import { stat } from "node:fs/promises";
import { reasonOf } from "../core/reason.ts";
import { firstIssue } from "../core/schema.ts";
import { fileIdentity } from "../pipeline/mod.ts";
import { fileBelow } from "./allowed_folder.ts";
import { withoutPath } from "./analysis_work.ts";
import { pathSchema, uploadQuery } from "./api.ts";
import type { Shared } from "./context.ts";
import type { ReceivedAudio } from "./job_queue.ts";
import { Problem } from "./problem.ts";
import { bodyOf } from "./results.ts";
import { receiveBody, receiveMultipart, shownName, smallBody } from "./upload.ts";

/** Most bytes of a JSON body. */
const JSON_BYTES = 16 * 1024;

/** Content types of audio without `audio/`. */
const AUDIO_TYPES =
  /^(?:audio\/(?:[\w.+-]+|\*)|video\/(?:mp4|webm|ogg|quicktime)|application\/(?:octet-stream|ogg|x-flac))$/;

/** Answers POST /analyses. */
export async function post(c: Context, shared: Shared): Promise<Response> {
  const { queue, now, mostUploads } = shared;
  const encoding = c.req.header("content-encoding");
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw new Problem("unsupported-type", `The body has the content encoding ${encoding}`);
  }
  const type = c.req.header("content-type") ?? "";
  const essence = type.split(";")[0]!.trim().toLowerCase();
  const receive = essence === "application/json"
    ? named
    : essence === "multipart/form-data" || AUDIO_TYPES.test(essence)
    ? uploaded
    : undefined;
  if (receive === undefined) {
    throw new Problem(
      "unsupported-type",
      essence === "" ? "The request has no content type" : `The content type is ${essence}`,
    );
  }
  if (now.uploads >= mostUploads) {
    throw new Problem("busy", `${now.uploads} uploads are running`, { "Retry-After": "5" });
  }
  now.uploads++;
  try {
    const audio = await receive(c, shared);
    const { analysis } = await queue.add(audio);
    const headers = { Location: `/analyses/${analysis.id}` };
    return c.json(bodyOf(analysis), analysis.state === "done" ? 200 : 202, headers);
  } finally {
    now.uploads--;
  }
}

/** Receives an upload. */
async function uploaded(c: Context, shared: Shared): Promise<ReceivedAudio> {
  const { queue, upload, metrics, signal } = shared;
  const type = c.req.header("content-type") ?? "";
  const isMultipart = type.trim().toLowerCase().startsWith("multipart/");
  const length = Number(c.req.header("content-length") ?? 0);
  // The boundaries and headers of a form take a few hundred bytes more.
  if (!isMultipart && length > upload.bytes) {
    throw new Problem("too-large", `The file has ${length} bytes, more than ${upload.bytes}`, {
      Connection: "close",
    });
  }
  await queue.ensureRoom(Math.min(length, upload.bytes));
  const { body } = c.req.raw;
  if (body === null) throw new Problem("not-audio", "The request has no body");
  const folder = await queue.incoming();
  try {
    const { name = "" } = uploadQuery.parse(c.req.query());
    const audio = isMultipart
      ? await receiveMultipart(body, type, folder, upload, signal)
      : await receiveBody(body, name, folder, upload, signal);
    metrics.countUpload(audio.bytes);
    if ("folder" in audio.source) {
      await checkAudio(`${folder}/${audio.source.file}`, audio.name, shared);
    }
    return audio;
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}

/** Takes a file below the folder that may be read. */
async function named(c: Context, shared: Shared): Promise<ReceivedAudio> {
  const { audioFolder, upload, queue, signal } = shared;
  const { body } = c.req.raw;
  const text = body === null ? "" : await smallBody(body, JSON_BYTES, upload, signal);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Problem("bad-request", "The body is not JSON", {}, { cause });
  }
  const { data, error } = pathSchema.safeParse(value);
  if (data === undefined) throw new Problem("bad-request", firstIssue(error!));
  if (audioFolder === undefined) {
    throw new Problem("outside-folder", "The service was started without --audio-dir");
  }
  await queue.ensureRoom(0);
  const path = await fileBelow(audioFolder, data.path);
  const { size } = await stat(path);
  if (size > upload.bytes) {
    throw new Problem("too-large", `The file has ${size} bytes, more than ${upload.bytes}`);
  }
  const name = shownName(data.path);
  await checkAudio(path, name, shared);
  const identity = await fileIdentity(path);
  if (identity === null) throw new Problem("no-such-file", `The file ${name} is gone`);
  const { bytes, sha256, modified } = identity;
  return { name, bytes, sha256, source: { path, modified } };
}

/** Throws {@linkcode Problem} where a file is not audio. */
async function checkAudio(path: string, name: string, shared: Shared): Promise<void> {
  try {
    await shared.checkAudio(path);
  } catch (cause) {
    throw new Problem("not-audio", withoutPath(reasonOf(cause), path, name), {}, { cause });
  }
}
