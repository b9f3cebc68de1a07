/**
 * Analyses and their results as responses.
 *
 * @module
 */

import type { Context } from "hono";
import { extname } from "node:path";
import { bytesSha256 } from "../core/hash.ts";
import { formatResult } from "../outputs/formats/format_result.ts";
import type { Content } from "../outputs/formats/mod.ts";
import type { Analysis } from "./analysis.ts";
import { type AnalysisBody, analysisQuery } from "./api.ts";
import type { Shared } from "./context.ts";
import { fileResponse, isKnown } from "./file_response.ts";
import { playerHtml } from "./player.ts";
import { Problem } from "./problem.ts";
import {
  ANALYSIS_TYPE,
  negotiate,
  type Representation,
  REPRESENTATIONS,
  RESULT_TYPE,
  type Wanted,
} from "./representations.ts";

/** Media types of audio files by their endings. */
const AUDIO_TYPES: Readonly<Record<string, string>> = {
  ".mp3": "audio/mpeg",
  ".m4a": "audio/mp4",
  ".mp4": "audio/mp4",
  ".aac": "audio/aac",
  ".ogg": "audio/ogg",
  ".oga": "audio/ogg",
  ".opus": "audio/ogg",
  ".flac": "audio/flac",
  ".wav": "audio/wav",
};

/** Seconds after which a client should ask for a result again. */
const RETRY_SECONDS = "2";

/** Returns an analysis in the form of responses. */
export function bodyOf(analysis: Analysis): AnalysisBody {
  const { id, state, name, bytes, sha256, submitted, started, finished } = analysis;
  const { seconds, position, progress, warnings, error } = analysis;
  const self = `/analyses/${id}`;
  return {
    ...{ id, state, name, bytes, sha256, submitted, started, finished, seconds, position },
    ...{ progress, warnings: [...warnings], error },
    links: {
      self,
      events: `${self}/events`,
      player: `${self}/player`,
      audio: `${self}/audio`,
    },
  };
}

/** Returns an analysis that there is. */
export function known<Found>(id: string, found: Found | undefined): Found {
  if (found !== undefined) return found;
  throw new Problem("not-found", `There is no analysis ${JSON.stringify(id)}`);
}

/** Returns the path of audio that is still there. */
function heard(path: string | undefined): string {
  if (path !== undefined) return path;
  throw new Problem("not-found", "The audio of the analysis was removed or changed since");
}

/** Answers GET /analyses/{id}. */
export async function getAnalysis(c: Context, shared: Shared): Promise<Response> {
  const { queue } = shared;
  const id = c.req.param("id") ?? "";
  const analysis = known(id, await queue.get(id));
  const wanted = wantedOf(c);
  if (wanted === "analysis") {
    const json = await queue.result(id);
    const result: unknown = json === undefined ? null : JSON.parse(json);
    const text = `${JSON.stringify({ ...bodyOf(analysis), result })}\n`;
    const etag = `"${bytesSha256(new TextEncoder().encode(text)).slice(0, 32)}"`;
    return content(c.req.raw, text, etag, { "Content-Type": ANALYSIS_TYPE });
  }
  const json = resultOf(analysis, await queue.result(id));
  const etag = `"${bytesSha256(new TextEncoder().encode(json)).slice(0, 24)}-${wanted.name}"`;
  const headers = { "Content-Type": wanted.type, ...attachment(analysis.name, wanted) };
  if (isKnown(c.req.raw, etag)) return content(c.req.raw, "", etag, headers);
  if (wanted.type === RESULT_TYPE) return content(c.req.raw, json, etag, headers);
  const result = formatResult(json);
  if (!wanted.needsAudio) return content(c.req.raw, await wanted.encode(result), etag, headers);
  const path = heard(await queue.audio(id));
  return await shared.making.run(async () =>
    content(c.req.raw, await wanted.encode({ ...result, path }), etag, headers)
  );
}

/** Answers GET /analyses/{id}/player. */
export async function getPlayer(c: Context, { queue, making }: Shared): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const analysis = known(id, await queue.get(id));
  const json = resultOf(analysis, await queue.result(id));
  const audio = heard(await queue.audio(id));
  const path = await queue.derived(
    id,
    "player.html",
    () => making.run(() => playerHtml(JSON.parse(json), audio)),
  );
  return await fileResponse(path, {
    ...{ type: "text/html; charset=utf-8", request: c.req.raw },
    etag: `"${bytesSha256(new TextEncoder().encode(json)).slice(0, 24)}-player"`,
    headers: { "Cache-Control": "private, no-cache" },
  });
}

/** Answers GET /analyses/{id}/audio. */
export async function getAudio(c: Context, { queue }: Shared): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const { sha256 } = known(id, await queue.get(id));
  const path = heard(await queue.audio(id));
  return await fileResponse(path, {
    type: AUDIO_TYPES[extname(path).toLowerCase()] ?? "application/octet-stream",
    ...{ etag: `"${sha256.slice(0, 32)}"`, request: c.req.raw },
    // A file that is no audio must not run as a page of this service.
    headers: { "Cache-Control": "private, no-cache", "Content-Security-Policy": "sandbox" },
  });
}

/** Returns what a request asks for. */
function wantedOf(c: Context): Wanted {
  const { format } = analysisQuery.parse(c.req.query());
  const accept = c.req.header("accept");
  const wanted = format === undefined
    ? negotiate(accept)
    : REPRESENTATIONS.find(({ name }) => name === format);
  if (wanted !== undefined) return wanted;
  const types = [ANALYSIS_TYPE, ...REPRESENTATIONS.map(({ type }) => type)].join(", ");
  throw new Problem(
    "not-acceptable",
    `The header Accept is ${JSON.stringify(accept)}; there are ${types}`,
  );
}

/** Returns the result of an analysis that is done. */
function resultOf({ state, error }: Analysis, json: string | undefined): string {
  if (state === "failed") throw new Problem("analysis-failed", error ?? "It has no result");
  if (json !== undefined) return json;
  throw new Problem("unfinished", `The analysis is ${state}`, { "Retry-After": RETRY_SECONDS });
}

/** Returns a response with an entity tag. */
function content(
  request: Request,
  body: Content,
  etag: string,
  headers: Readonly<Record<string, string>>,
): Response {
  const all = { ...headers, ETag: etag, Vary: "Accept", "Cache-Control": "private, no-cache" };
  if (isKnown(request, etag)) return new Response(null, { status: 304, headers: all });
  if (typeof body === "string") return new Response(body, { headers: all });
  if (body instanceof Uint8Array) return new Response(new Uint8Array(body), { headers: all });
  return new Response(streamOf(body), { headers: all });
}

function streamOf(parts: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = parts[Symbol.iterator]();
  return new ReadableStream({
    pull(controller): void {
      const { done, value } = iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: () => void iterator.return?.(),
  }, { highWaterMark: 0 });
}

/** Returns the header that gives a download its name, RFC 6266. */
function attachment(name: string, { name: ending }: Representation): Record<string, string> {
  const file = `${name.replace(/\.[^.]*$/, "")}.${ending}`;
  const plain = file.replace(/[^\w .()-]/g, "_");
  const encoded = encodeURIComponent(file).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return { "Content-Disposition": `attachment; filename="${plain}"; filename*=UTF-8''${encoded}` };
}
