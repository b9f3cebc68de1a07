/**
 * Which addresses may be downloaded from.
 *
 * @module
 */

import { DownloadError } from "./error.ts";

/** Where a server on this machine may be asked without encryption, for mirrors and tests. */
const THIS_MACHINE: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Reads an address and refuses those that could be tampered with on their way: everything but HTTPS, save plain HTTP to this
 * machine.
 *
 * @param text an absolute address, or one relative to `from`
 * @param from the address that redirects to it; one with HTTPS may redirect to HTTPS only
 * @throws {DownloadError} `address`, or `redirect` where there is a `from`
 */
export function downloadAddress(text: string, from?: URL): URL {
  const problem = from === undefined ? "address" : "redirect";
  const origin = from === undefined ? "" : `, to which ${shownAddress(from)} redirects,`;
  if (!URL.canParse(text, from)) {
    throw new DownloadError(
      problem,
      `${JSON.stringify(text)}${origin} is no address: expected https://…`,
    );
  }
  const url = new URL(text, from);
  const fromHttps = from?.protocol === "https:";
  const isLocal = url.protocol === "http:" && THIS_MACHINE.includes(url.hostname) && !fromHttps;
  if (url.protocol === "https:" || isLocal) return url;
  throw new DownloadError(
    problem,
    `${shownAddress(url)}${origin} is refused: expected https (http only for this machine)`,
  );
}

/** An address as messages show it: without credentials and without the query, which may be one. */
export function shownAddress(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/**
 * Where to get a file.
 *
 * @param file its published address and its name
 * @param baseUrl a mirror: the address of a folder that has the file under its name
 * @throws {DownloadError} `address`
 */
export function fileAddress(
  file: { readonly url: string; readonly fileName: string },
  baseUrl?: string,
): URL {
  if (!baseUrl) return downloadAddress(file.url);
  const base = downloadAddress(baseUrl);
  base.pathname = `${base.pathname.replace(/\/+$/, "")}/${encodeURIComponent(file.fileName)}`;
  return base;
}
