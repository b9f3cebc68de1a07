/**
 * The error of everything that downloads.
 *
 * @module
 */

/** What went wrong with a download. */
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

/** Problems that may be gone at the next attempt. */
const TRANSIENT: readonly DownloadProblem[] = ["unreachable", "stalled", "cut"];

/** More about a failure. */
export interface DownloadErrorOptions extends ErrorOptions {
  /** Whether another attempt may help; by default it depends on the problem. */
  readonly transient?: boolean;
  /** How long the server asked to be left alone. */
  readonly retryAfterSeconds?: number;
}

/** Thrown when a file cannot be downloaded. */
export class DownloadError extends Error {
  /** The class's name, as in a stack trace. */
  override readonly name = "DownloadError";
  /** What kind of problem it is. */
  readonly problem: DownloadProblem;
  /** Whether another attempt may help. */
  readonly transient: boolean;
  /** How long the server asked to be left alone; 0 where it did not. */
  readonly retryAfterSeconds: number;

  /**
   * Makes the error.
   *
   * @param problem what kind of problem it is
   * @param message what was tried, what was expected, what came, what to do
   * @param options the error behind this one, and whether to try again
   */
  constructor(problem: DownloadProblem, message: string, options: DownloadErrorOptions = {}) {
    super(message, options);
    this.problem = problem;
    this.transient = options.transient ?? TRANSIENT.includes(problem);
    this.retryAfterSeconds = options.retryAfterSeconds ?? 0;
  }
}

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
