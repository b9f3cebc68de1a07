/**
 * Repetition of requests that fail, with growing random waits, for a bounded time.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { orAborted } from "../core/abort.ts";
import { reasonOf } from "../core/reason.ts";
import { spacedCalls } from "../core/spaced_calls.ts";

/** How long a request is repeated. */
export interface Patience {
  /** Seconds after which the last error is thrown. */
  readonly seconds: number;
  /** Seconds without any data after which the first attempt is given up; they double with each attempt that is. */
  readonly idleSeconds: number;
  /** Longest wait between two attempts, seconds. */
  readonly longestWaitSeconds: number;
  /** Receives the reason of each attempt that failed and is repeated. */
  readonly onRetry?: (reason: string) => void;
}

/** Five minutes, of which the first attempt may be idle for ten seconds. */
export const PATIENCE: Patience = { seconds: 300, idleSeconds: 10, longestWaitSeconds: 10 };

/** Milliseconds between two messages that the store does not answer. */
const MESSAGE_MILLISECONDS = 10_000;

/**
 * Returns {@linkcode PATIENCE} that tells now and then why a request is repeated, so that a wrong address is seen.
 *
 * @param tell prints a message
 */
export function tellingPatience(tell: (message: string) => void): Patience {
  return {
    ...PATIENCE,
    onRetry: spacedCalls(
      MESSAGE_MILLISECONDS,
      (reason: string) => tell(`${reason}; trying again for up to ${PATIENCE.seconds} s`),
    ),
  };
}

/** Upper limit of the first wait, seconds; it doubles with each attempt. */
const FIRST_WAIT_SECONDS = 0.1;

/** An error that no repetition removes: what is missing, forbidden, or another than expected. */
export class PermanentError extends Error {
  /** Name of the class in printed errors. */
  override name = "PermanentError";
}

/** An attempt was idle for too long. */
class IdleError extends Error {
  /** Name of the class in printed errors. */
  override name = "IdleError";
}

/** One attempt: its signal, and the call that tells that data has come. */
export interface Attempt {
  /** Aborts where the attempt is idle for too long, or the work is aborted. */
  readonly signal: AbortSignal;
  /** Tells that the attempt is not idle. */
  readonly alive: () => void;
}

/**
 * Repeats a request until it succeeds.
 *
 * @param what the request, for the message: `Reading s3://music/a.mp3`
 * @param patience limits
 * @param request makes one attempt
 * @param signal aborts the attempts and the waits
 * @throws {PermanentError} as the request throws it
 * @throws if the last attempt failed; the message tells what, for how long, and why
 * @throws the reason of the signal when it is aborted
 */
export async function patiently<Result>(
  what: string,
  patience: Patience,
  request: (attempt: Attempt) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const start = performance.now();
  let { idleSeconds } = patience;
  for (let attempt = 1;; attempt++) {
    signal?.throwIfAborted();
    try {
      return await once(idleSeconds, request, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof PermanentError) throw error;
      // A store that takes longer for an answer takes as long for the next one.
      if (error instanceof IdleError) idleSeconds = Math.min(2 * idleSeconds, patience.seconds);
      const seconds = (performance.now() - start) / 1000;
      const limit = Math.min(patience.longestWaitSeconds, FIRST_WAIT_SECONDS * 2 ** (attempt - 1));
      // Workers that failed together must not come back together.
      const wait = Math.random() * limit;
      if (seconds + wait >= patience.seconds) {
        throw new Error(
          `${what} failed ${attempt} times in ${seconds.toFixed(0)} s, the last time: ${
            reasonOf(error)
          }`,
          { cause: error },
        );
      }
      patience.onRetry?.(`${what} failed: ${reasonOf(error)}`);
      await sleep(1000 * wait, undefined, signal && { signal }).catch(() => {});
    }
  }
}

async function once<Result>(
  idleSeconds: number,
  request: (attempt: Attempt) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(
      () => controller.abort(new IdleError(`no data for ${idleSeconds} s`)),
      1000 * idleSeconds,
    );
  };
  const stop = (): void => controller.abort(signal?.reason);
  signal?.addEventListener("abort", stop);
  alive();
  try {
    // A request that does not heed its signal must not stop the work for ever.
    return await orAborted(request({ signal: controller.signal, alive }), controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}
