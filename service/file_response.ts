/**
 * Files as responses, whole or in part (RFC 9110, section 14), with entity tags.
 *
 * @module
 */

import { Problem } from "./problem.ts";

/** Bytes that are read at a time. */
const PIECE_BYTES = 64 * 1024;

/** What a file is, and what a request asks for. */
export interface FileOptions {
  /** Media type. */
  readonly type: string;
  /** Entity tag, with its quotes. */
  readonly etag: string;
  /** The request. */
  readonly request: Request;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Returns whether a client has the representation with an entity tag already. */
export function isKnown({ headers }: Request, etag: string): boolean {
  const known = headers.get("if-none-match");
  if (known === null) return false;
  return known.trim() === "*" ||
    known.split(",").some((one) => one.trim().replace(/^W\//, "") === etag);
}

/**
 * Returns a file, or the one range of it that the request asks for.
 *
 * @throws {Problem} `range`
 */
export async function fileResponse(path: string, options: FileOptions): Promise<Response> {
  const { type, etag, request } = options;
  const headers = { "ETag": etag, "Accept-Ranges": "bytes", ...options.headers };
  if (isKnown(request, etag)) return new Response(null, { status: 304, headers });
  const file = await Deno.open(path);
  try {
    const { size } = await file.stat();
    const range = rangeOf(request, etag, size);
    const { start, end } = range ?? { start: 0, end: size };
    const isHead = request.method === "HEAD";
    const body = isHead ? null : await streamOf(file, start, end);
    if (isHead) file.close();
    return new Response(body, {
      status: range === undefined ? 200 : 206,
      headers: {
        ...headers,
        "Content-Type": type,
        "Content-Length": String(end - start),
        ...(range && { "Content-Range": `bytes ${start}-${end - 1}/${size}` }),
      },
    });
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Returns the range that a request asks for; undefined for the whole file, which several ranges get too. */
function rangeOf(
  { headers }: Request,
  etag: string,
  size: number,
): { readonly start: number; readonly end: number } | undefined {
  const condition = headers.get("if-range");
  if (condition !== null && condition.trim() !== etag) return undefined;
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.get("range") ?? "") ?? [];
  if (first === undefined || last === undefined || first + last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  // A range that ends before it starts is to be ignored.
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  if (start < end) return { start, end };
  throw new Problem("range", `The range ${first}-${last} is not within ${size} bytes`, {
    "Content-Range": `bytes */${size}`,
  });
}

/** Returns a part of a file as a stream, which closes the file. */
async function streamOf(
  file: Deno.FsFile,
  start: number,
  end: number,
): Promise<ReadableStream<Uint8Array>> {
  await file.seek(start, Deno.SeekMode.Start);
  let left = end - start;
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, left));
      const read = left === 0 ? null : await file.read(piece);
      if (read === null) {
        file.close();
        controller.close();
        return;
      }
      left -= read;
      controller.enqueue(piece.subarray(0, read));
    },
    cancel: () => file.close(),
  }, { highWaterMark: 0 });
}
