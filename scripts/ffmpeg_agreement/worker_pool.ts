/**
 * Worker processes that handle one file at a time, each with a deadline.
 *
 * A worker reads paths, one a line, and answers each with one line. A worker that crashes or misses the deadline is
 * replaced.
 *
 * @module
 */

import { TextLineStream } from "./text_lines.ts";

/** Answer to a path, or the reason why there is none. */
export type Answer = { readonly line: string } | { readonly missing: "crashed" | "no answer" };

/** Starts a worker process. */
export type StartWorker = () => Deno.ChildProcess;

/**
 * Hands each path to one of several worker processes.
 *
 * @param paths paths without line breaks
 * @param options number of workers, how one is started, and the seconds that a path may take
 * @param onAnswer receives each path with its answer; the worker waits for its promise
 */
export async function runPool(
  paths: readonly string[],
  options: { readonly workers: number; readonly start: StartWorker; readonly seconds: number },
  onAnswer: (path: string, answer: Answer) => Promise<void>,
): Promise<void> {
  let next = 0;
  const serve = async (): Promise<void> => {
    let worker: Worker | undefined;
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) {
      worker ??= new Worker(options.start());
      const answer = await worker.ask(path, options.seconds);
      await onAnswer(path, answer);
      if ("missing" in answer) {
        await worker.stop();
        worker = undefined;
      }
    }
    await worker?.stop();
  };
  await Promise.all(Array.from({ length: options.workers }, serve));
}

class Worker {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: ReadableStreamDefaultReader<string>;

  constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#input = process.stdin.getWriter();
    this.#lines = process.stdout.pipeThrough(new TextLineStream()).getReader();
  }

  async ask(path: string, seconds: number): Promise<Answer> {
    const write = this.#input.write(new TextEncoder().encode(`${path}\n`)).catch(() => {});
    const deadline = Promise.withResolvers<Answer>();
    const timer = setTimeout(() => deadline.resolve({ missing: "no answer" }), 1000 * seconds);
    const answer = this.#lines.read().then(({ value }): Answer =>
      value === undefined ? { missing: "crashed" } : { line: value }
    );
    try {
      return await Promise.race([write.then(() => answer), deadline.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async stop(): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // It has ended by itself.
    }
    await this.#process.status;
    await this.#lines.cancel().catch(() => {});
    await this.#input.abort().catch(() => {});
  }
}
