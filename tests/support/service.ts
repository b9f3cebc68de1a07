/**
 * The service as a process, for tests.
 *
 * @module
 */

import { join } from "node:path";
import { until } from "./deadline.ts";
import { command, repository } from "./program.ts";

/** A service that runs as a process of its own. */
export class ServiceProcess {
  /** What it wrote to stderr. */
  log = "";
  readonly #child: Deno.ChildProcess;
  readonly #copying: Promise<void>;

  private constructor(readonly url: string, child: Deno.ChildProcess) {
    this.#child = child;
    this.#copying = this.#copy();
  }

  /**
   * Starts a service at a free port of this machine.
   *
   * @param args further arguments of `serve`
   */
  static async start(...args: string[]): Promise<ServiceProcess> {
    const call = ["serve", "--port", "0", "--threads", "1", ...args];
    // That of the task serve:catalogue.
    const lock = `--lock=${join(repository, "catalogue", "deno.lock")}`;
    const flags = ["--allow-net", ...(args.includes("--redis") ? [lock] : [])];
    const child = command(call, { flags }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    await until("a service to print its address", async () => {
      const { done, value } = await reader.read();
      if (done) throw new Error(`The service ended: ${await new Response(child.stderr).text()}`);
      return (text += value).includes("\n");
    });
    reader.cancel();
    return new ServiceProcess(text.trim(), child);
  }

  /** Number of the process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Ends the process by a signal; returns its exit code. */
  async end(signal: Deno.Signal = "SIGTERM"): Promise<number> {
    this.#child.kill(signal);
    const { code } = await this.#child.status;
    await this.#copying;
    return code;
  }

  async #copy(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.log += text;
    }
  }
}

/** Reads the events of an analysis to their end; returns the last state. */
export async function lastState(url: string): Promise<string> {
  const text = await (await fetch(`${url}/events`)).text();
  const states = [...text.matchAll(/^event: state\ndata: (.*)$/gm)].map(([, data]) =>
    JSON.parse(data!)
  );
  return states.at(-1)?.state ?? "";
}
