/**
 * One attempt to download the rest of a file.
 *
 * @module
 */

import type { PartialFile } from "./_part.ts";
import type { PinnedFile } from "./pinned_file.ts";
import { DownloadError, requestFile, shownAddress, StallGuard } from "./request.ts";

/** HTTP statuses after which the same request may succeed. */
const TRANSIENT_STATUS: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

/** Options of an attempt. */
export interface TransferOptions {
  /** Longest time without data, seconds. */
  readonly timeoutSeconds: number;
  /** Receives the number of bytes so far, and the total if it is known. */
  readonly onProgress: (bytes: number, totalBytes: number | undefined) => void;
}

/**
 * Downloads the rest of a file. An existing part is continued if the server supports it, otherwise replaced.
 *
 * @param file file to download; at most its maximum size is read
 * @param address address of the file
 * @param part content so far; afterwards its size is within the limits of the file
 * @param options timeout and progress
 * @throws {DownloadError} of any problem except `sha256`
 */
export async function transfer(
  file: PinnedFile,
  address: URL,
  part: PartialFile,
  options: TransferOptions,
): Promise<void> {
  const guard = new StallGuard(options.timeoutSeconds);
  try {
    const response = await requestFile(address, requestHeaders(part), guard);
    let declared: number | undefined;
    try {
      declared = await prepare(file, address, part, response);
    } catch (error) {
      await response.body?.cancel();
      throw error;
    }
    options.onProgress(part.bytes, declared);
    const body = response.body ?? new ReadableStream({ start: (stream) => stream.close() });
    await receive(file, address, body, part, guard, (bytes) => options.onProgress(bytes, declared));
  } finally {
    guard.stop();
  }
}

function requestHeaders(part: PartialFile): Record<string, string> {
  // Encoded content could neither be continued nor counted.
  const headers = { "accept-encoding": "identity" };
  if (part.bytes === 0) return headers;
  const range = { ...headers, range: `bytes=${part.bytes}-` };
  return part.version === undefined ? range : { ...range, "if-range": part.version };
}

/** Sets the part to the start of the response's body; returns the declared size of the whole file, if any. */
async function prepare(
  file: PinnedFile,
  address: URL,
  part: PartialFile,
  response: Response,
): Promise<number | undefined> {
  const { status, headers } = response;
  if (status === 416) {
    await part.restart();
    throw new DownloadError("answer", "The server cannot continue the partial file", {
      transient: true,
    });
  }
  if (status !== 200 && status !== 206) throw statusError(address, response);
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") {
    throw new DownloadError(
      "answer",
      `${shownAddress(address)} was sent as ${encoding}: expected no content encoding`,
    );
  }
  const length = headers.has("content-length") ? Number(headers.get("content-length")) : undefined;
  if (status === 200) {
    checkSize(file, address, length);
    await part.restart(strongVersion(headers));
    return length;
  }
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "") ??
    [];
  if (part.bytes === 0 || Number(start) !== part.bytes) {
    await part.restart();
    throw new DownloadError("answer", "The server continued at another position than requested", {
      transient: true,
    });
  }
  const rest = length === undefined ? undefined : part.bytes + length;
  const whole = total === undefined || total === "*" ? rest : Number(total);
  checkSize(file, address, whole);
  return whole;
}

async function receive(
  file: PinnedFile,
  address: URL,
  body: ReadableStream<Uint8Array>,
  part: PartialFile,
  guard: StallGuard,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const reader = body.getReader();
  for (;;) {
    const chunk = await reader.read().catch((error) => {
      const cause = guard.explain(error);
      if (cause instanceof DownloadError) throw cause;
      throw new DownloadError("cut", `The connection ended after ${part.bytes} bytes`, { cause });
    });
    guard.heard();
    if (chunk.done) break;
    try {
      if (part.bytes + chunk.value.length > file.maxBytes) {
        await part.restart();
        throw sizeError(file, address, `more than ${file.maxBytes}`);
      }
      await part.append(chunk.value);
    } catch (error) {
      await reader.cancel();
      throw error;
    }
    onProgress(part.bytes);
  }
  if (part.bytes >= file.minBytes) return;
  throw new DownloadError("cut", `The server stopped after ${part.bytes} bytes`);
}

/** Returns the version for `If-Range`; weak ETags are not allowed there. */
function strongVersion(headers: Headers): string | undefined {
  const etag = headers.get("etag");
  return etag?.startsWith('"') ? etag : headers.get("last-modified") ?? undefined;
}

function checkSize(file: PinnedFile, address: URL, bytes: number | undefined): void {
  if (bytes === undefined || (bytes >= file.minBytes && bytes <= file.maxBytes)) return;
  throw sizeError(file, address, String(bytes));
}

function sizeError(file: PinnedFile, address: URL, got: string): DownloadError {
  const { minBytes, maxBytes } = file;
  const expected = minBytes === maxBytes ? `${minBytes}` : `${minBytes} to ${maxBytes}`;
  return new DownloadError(
    "size",
    `${shownAddress(address)} is not the published file: expected ${expected} bytes, got ${got}`,
  );
}

function statusError(address: URL, { status, statusText, headers }: Response): DownloadError {
  const seconds = Number(headers.get("retry-after"));
  return new DownloadError(
    "status",
    `${shownAddress(address)} returned status ${status} ${statusText}`.trimEnd(),
    {
      transient: TRANSIENT_STATUS.includes(status),
      retryAfterSeconds: Number.isFinite(seconds) ? Math.max(0, seconds) : 0,
    },
  );
}
