/**
 * Addresses, requests and errors of downloads: allowed addresses, redirects, and servers that stop sending.
 *
 * @module
 */

import { CALL } from "../../core/installed_package.ts";

/** Kind of problem with a download. */
export type DownloadProblem =
  | "address"
  | "unreachable"
  | "stalled"
  | "cut"
  | "status"
  | "redirect"
  | "answer"
  | "size"
  | "sha256"
  | "folder";

/** Problems that another attempt may solve. */
const TRANSIENT: readonly DownloadProblem[] = ["unreachable", "stalled", "cut"];

/** Details of a failed download. */
export interface DownloadErrorOptions extends ErrorOptions {
  /** Whether another attempt may help; by default it depends on the problem. */
  readonly transient?: boolean;
  /** Delay that the server asks for, seconds. */
  readonly retryAfterSeconds?: number;
}

/** Thrown when a file cannot be downloaded. */
export class DownloadError extends Error {
  /** Class name, as in a stack trace. */
  override readonly name = "DownloadError";
  /** Kind of problem. */
  readonly problem: DownloadProblem;
  /** Whether another attempt may help. */
  readonly transient: boolean;
  /** Delay that the server asks for, seconds; 0 if it asks for none. */
  readonly retryAfterSeconds: number;

  /**
   * Creates an error.
   *
   * @param problem kind of problem
   * @param message what was tried, expected and found, and what to do
   * @param options cause, and whether another attempt may help
   */
  constructor(problem: DownloadProblem, message: string, options: DownloadErrorOptions = {}) {
    super(message, options);
    this.problem = problem;
    this.transient = options.transient ?? TRANSIENT.includes(problem);
    this.retryAfterSeconds = options.retryAfterSeconds ?? 0;
  }
}

/** Host names of this machine; these may be accessed without encryption, for mirrors and tests. */
const THIS_MACHINE: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Parses an address. Only HTTPS is allowed, and plain HTTP to this machine, because other transfers could be altered.
 *
 * @param text absolute address, or one relative to `from`
 * @param from address that redirects to it; an HTTPS address may redirect to HTTPS only
 * @throws {DownloadError} `address`, or `redirect` if `from` is given
 */
export function downloadAddress(text: string, from?: URL): URL {
  const problem = from === undefined ? "address" : "redirect";
  const origin = from === undefined ? "" : `, to which ${shownAddress(from)} redirects,`;
  if (!URL.canParse(text, from)) {
    throw new DownloadError(
      problem,
      `${JSON.stringify(text)}${origin} is not an address: expected https://…`,
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

/** Formats an address for messages, without credentials and without the query, which may contain one. */
export function shownAddress(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/**
 * Returns the address of a file.
 *
 * @param file published address and name of the file
 * @param baseUrl address of a mirror: a folder that has the file under its name
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

const MOST_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Aborts a request if no data arrives for some time. */
export class StallGuard {
  readonly #controller = new AbortController();
  readonly #seconds: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Starts the timer.
   *
   * @param seconds longest time without data
   */
  constructor(seconds: number) {
    this.#seconds = seconds;
    this.heard();
  }

  /** Signal that aborts the request. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Restarts the timer because data arrived. */
  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#controller.abort(
        new DownloadError("stalled", `No data arrived for ${this.#seconds} s`),
      );
    }, this.#seconds * 1000);
  }

  /** Stops the timer. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Returns the reason of a failed request: the stall if the timer aborted it, otherwise the error itself. */
  explain(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : error;
  }
}

/**
 * Requests a file and follows redirects to allowed addresses. Deno's `fetch` uses the proxy variables of the environment
 * (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, in either case).
 *
 * @param address address of the file
 * @param headers headers of the request
 * @param guard aborts the request if the server stops sending
 * @returns the first response that is not a redirect, whatever its status
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
      throw new DownloadError("redirect", `${shownAddress(url)} redirects without a target`);
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
        `Access to ${url.host} is not permitted: run ${CALL} models, or add --allow-net`,
        { cause, transient: false },
      );
    }
    throw new DownloadError(
      "unreachable",
      `Cannot reach ${url.host} (${reason(cause)}): check the connection, or name a proxy in ` +
        "HTTPS_PROXY",
      { cause },
    );
  }
}

/** Returns the innermost message of an error; the outer ones only say that the fetch failed. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reason(error.cause) : error.message;
}
