/**
 * Correct and faulty servers on this machine, for tests of downloads.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { PinnedFile } from "../../models/download/pinned_file.ts";

/** A request to a server. */
export interface SeenRequest {
  /** Path of the URL. */
  readonly path: string;
  /** `Range` header, or null. */
  readonly range: string | null;
  /** `If-Range` header, or null. */
  readonly ifRange: string | null;
}

/** A running server. */
export interface RunningServer {
  /** URL without a slash at the end. */
  readonly baseUrl: string;
  /** Requests in order. */
  readonly requests: readonly SeenRequest[];
}

/** Answers the `count`-th request, from 0. */
export type Answer = (request: Request, count: number) => Response | Promise<Response>;

/** Starts a server on a free port, runs `action`, and stops the server. */
export async function withServer(
  answer: Answer,
  action: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const requests: SeenRequest[] = [];
  const ending = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    signal: ending.signal,
    onListen: () => {},
    onError: () => new Response(null, { status: 500 }),
  }, (request) => {
    requests.push({
      path: new URL(request.url).pathname,
      range: request.headers.get("range"),
      ifRange: request.headers.get("if-range"),
    });
    return answer(request, requests.length - 1);
  });
  try {
    await action({ baseUrl: `http://127.0.0.1:${server.addr.port}`, requests });
  } finally {
    ending.abort();
    await server.finished;
  }
}

/**
 * Starts a server that sends arbitrary bytes as its answer and then closes the connection.
 *
 * @param answer returns the answer to the `count`-th request, given its text
 */
export async function withRawServer(
  answer: (request: string, count: number) => Uint8Array,
  action: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const requests: SeenRequest[] = [];
  const field = (text: string, name: string): string | null =>
    new RegExp(`^${name}: (.*)\r$`, "im").exec(text)?.[1] ?? null;
  const serving = (async () => {
    for await (const connection of listener) {
      const text = await readRequest(connection);
      requests.push({
        path: text.split(" ")[1] ?? "",
        range: field(text, "range"),
        ifRange: field(text, "if-range"),
      });
      await new Response(answer(text, requests.length - 1) as BodyInit).body
        ?.pipeTo(connection.writable)
        .catch(() => {});
    }
  })();
  try {
    await action({ baseUrl: `http://127.0.0.1:${listener.addr.port}`, requests });
  } finally {
    listener.close();
    await serving;
  }
}

async function readRequest(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(65_536);
  let text = "";
  while (!text.endsWith("\r\n\r\n")) {
    const count = await connection.read(buffer);
    if (count === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text;
}

/** Returns an answer for {@linkcode withRawServer}: status line, headers, and a body of any length. */
export function rawAnswer(
  status: string,
  headers: readonly string[],
  body: Uint8Array,
): Uint8Array {
  const lines = [`HTTP/1.1 ${status}`, ...headers, "connection: close", "", ""];
  const head = new TextEncoder().encode(lines.join("\r\n"));
  const answer = new Uint8Array(head.length + body.length);
  answer.set(head);
  answer.set(body, head.length);
  return answer;
}

/** Returns a correct answer, which respects `Range` and `If-Range`. */
export function fileAnswer(content: Uint8Array, etag = '"one"'): Answer {
  return ({ headers }) => {
    const start = Number(/^bytes=(\d+)-$/.exec(headers.get("range") ?? "")?.[1]);
    const ifRange = headers.get("if-range");
    if (Number.isNaN(start) || (ifRange !== null && ifRange !== etag)) {
      return new Response(content as BodyInit, { headers: { etag } });
    }
    if (start >= content.length) return new Response(null, { status: 416 });
    return new Response(content.subarray(start) as BodyInit, {
      status: 206,
      headers: {
        etag,
        "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
      },
    });
  };
}

/** Returns content that is not compressible. */
export function content(length: number, seed = 1): Uint8Array {
  let x = seed;
  return Uint8Array.from({ length }, () => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    return x >>> 24;
  });
}

/** Returns the entry of a registry for such content. */
export function pinnedContent(fileName: string, bytes: Uint8Array): PinnedFile {
  return {
    fileName,
    url: `https://weights.invalid/${fileName}`,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    minBytes: bytes.length,
    maxBytes: bytes.length,
  };
}
