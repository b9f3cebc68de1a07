/**
 * Waits with deadlines: a test fails after its deadline and does not hang.
 *
 * The deadlines are far above the needs of a busy machine, so that no test depends on its speed.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";

/** Seconds that one event may take. */
const EVENT_SECONDS = 300;

/** Seconds that a program may take. */
const PROGRAM_SECONDS = 1800;

/** Exit code and output of a program. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Waits until a condition holds.
 *
 * @param what completes "Expected …" in the error
 * @param condition called several times a second
 * @param seconds deadline
 * @throws {Error} if it does not hold by then
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seconds = EVENT_SECONDS,
): Promise<void> {
  const end = performance.now() + 1000 * seconds;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`Expected ${what} within ${seconds} s`);
    await delay(20);
  }
}

/**
 * Waits for a promise.
 *
 * @param what completes "Expected …" in the error
 * @param promise rejects through this function
 * @param seconds deadline
 * @throws {Error} if it is not settled by then
 */
export async function within<Value>(
  what: string,
  promise: Promise<Value>,
  seconds = EVENT_SECONDS,
): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const reject = (): void => late.reject(new Error(`Expected ${what} within ${seconds} s`));
  const timer = setTimeout(reject, 1000 * seconds);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits for the end of a process and decodes its output. A process that does not end is killed.
 *
 * @param child process with its output piped
 */
export async function outcomeOf(child: Deno.ChildProcess): Promise<Outcome> {
  try {
    const { code, stdout, stderr } = await within(
      "a process to end",
      child.output(),
      PROGRAM_SECONDS,
    );
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}
