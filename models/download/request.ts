/**
 * One request for a file: redirects, and servers that fall silent.
 *
 * @module
 */

import { downloadAddress, shownAddress } from "./address.ts";
import { DownloadError } from "./error.ts";

const MOST_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Ends a request when nothing has come for some time. */
export class StallGuard {
  readonly #controller = new AbortController();
  readonly #seconds: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Starts waiting. */
  constructor(seconds: number) {
    this.#seconds = seconds;
    this.heard();
  }

  /** What the request listens to. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something came: starts waiting anew. */
  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#controller.abort(
        new DownloadError("stalled", `Nothing came for ${this.#seconds} s`),
      );
    }, this.#seconds * 1000);
  }

  /** Waits no longer. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** What an error of the request is: a stall, where that ended it. */
  explain(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : error;
  }
}

/**
 * Asks for a file, following redirects that stay safe. The environment's proxy variables (`HTTPS_PROXY`, `HTTP_PROXY`,
 * `ALL_PROXY`, `NO_PROXY`, in either case) are Deno's `fetch`'s affair, which honours them.
 *
 * @param address where it is
 * @param headers what to ask for
 * @param guard ends the request when the server falls silent
 * @returns the answer, whatever its status, that is no redirect
 * @throws {DownloadError} `unreachable`, `stalled`, `redirect`
 */
export async function requestFile(
  address: URL,
  headers: Readonly<Record<string, string>>,
  guard: StallGuard,
): Promise<Response> {
  let url = address;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await ask(url, headers, guard);
    guard.heard();
    if (!REDIRECTS.includes(response.status)) return response;
    await response.body?.cancel();
    const location = response.headers.get("location");
    if (location === null) {
      throw new DownloadError("redirect", `${shownAddress(url)} redirects to nowhere`);
    }
    url = downloadAddress(location, url);
  }
  throw new DownloadError(
    "redirect",
    `${shownAddress(address)} redirects more than ${MOST_REDIRECTS} times`,
  );
}

async function ask(
  url: URL,
  headers: Readonly<Record<string, string>>,
  guard: StallGuard,
): Promise<Response> {
  try {
    return await fetch(url, { headers, redirect: "manual", signal: guard.signal });
  } catch (error) {
    const cause = guard.explain(error);
    if (cause instanceof DownloadError) throw cause;
    if (cause instanceof Deno.errors.NotCapable) {
      throw new DownloadError(
        "unreachable",
        `This program was not allowed to reach ${url.host}: call it as deno task models`,
        { cause, transient: false },
      );
    }
    throw new DownloadError(
      "unreachable",
      `${url.host} cannot be reached (${reason(cause)}): is there a connection, or a proxy to be ` +
        "named in HTTPS_PROXY",
      { cause },
    );
  }
}

/** The innermost message of an error: the outer ones only say that the fetch failed. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reason(error.cause) : error.message;
}
