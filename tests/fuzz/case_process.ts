/**
 * Starts a process that runs cases, and ends it when a case takes too much.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { type FindingMessage, NO_TALLY, parseMessage, type Tally } from "./message.ts";
import type { Assignment } from "./run_cases.ts";

/** What became of a process. */
export interface ProcessReport {
  readonly tally: Tally;
  readonly findings: readonly FindingMessage[];
  /** Number of the last case that was begun; -1 if there was none. */
  readonly lastCase: number;
  /** Whether it came to its end; otherwise the last finding says why not. */
  readonly isDone: boolean;
  /** Why the target cannot be fuzzed at all, if it cannot. */
  readonly unusable?: string;
}

/** The hidden option by which the program calls itself. */
export const RUN_CASES_OPTION = "--run-cases";

const PERMISSIONS = ["read", "write", "env", "sys", "ffi"].map((name) => `--allow-${name}`);
const LOOK_EVERY_MS = 50;
const LAST_WORDS = 1500;

/**
 * Runs an assignment in a process of its own.
 *
 * @param entry address of the program that knows the target
 * @param assignment which cases
 * @param onCase hears now and then which case runs
 * @returns when the process has ended
 */
export async function runInProcess(
  entry: string,
  assignment: Assignment,
  onCase: (number: number) => void,
): Promise<ProcessReport> {
  const configuration = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const option = JSON.stringify(assignment);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--config", configuration, ...PERMISSIONS],
      ...[entry, RUN_CASES_OPTION, option],
    ],
    // The text of a crash is enough; frames take long to find.
    env: { RUST_BACKTRACE: "0" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const watched = new WatchedProcess(child, assignment.limits.caseSeconds, onCase);
  const [lastWords] = await Promise.all([endOf(child.stderr), watched.listen(child.stdout)]);
  return watched.report(await child.status, lastWords);
}

/** The state of one process as far as its messages tell it. */
class WatchedProcess {
  readonly #child: Deno.ChildProcess;
  readonly #caseSeconds: number;
  readonly #onCase: (number: number) => void;
  readonly #findings: FindingMessage[] = [];
  #tally = NO_TALLY;
  #lastCase = -1;
  /** When the last case began, ms; null before the first. */
  #since: number | null = null;
  #isDone = false;
  #isKilled = false;
  #unusable: string | undefined;

  constructor(child: Deno.ChildProcess, caseSeconds: number, onCase: (number: number) => void) {
    this.#child = child;
    this.#caseSeconds = caseSeconds;
    this.#onCase = onCase;
  }

  async listen(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    const timer = setInterval(() => this.#lookAtTheClock(), LOOK_EVERY_MS);
    let rest = "";
    for await (const text of stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      // Only the last of many cases matters: what it says of those before includes them.
      const last = lines.findLastIndex((line) => line.startsWith("case "));
      lines.forEach((line, i) => {
        if (!line.startsWith("case ") || i === last) this.#hear(line);
      });
    }
    clearInterval(timer);
  }

  #hear(line: string): void {
    // What a case did after its process was condemned is no news.
    if (this.#isKilled) return;
    const message = parseMessage(line);
    switch (message.type) {
      case "case":
        this.#tally = message.tally;
        this.#lastCase = message.case;
        this.#since = performance.now();
        break;
      case "finding":
        this.#findings.push(message);
        if (message.residentBytes !== undefined) {
          this.#tally = { ...this.#tally, peakBytes: message.residentBytes };
        }
        if (message.kind === "memory") this.#kill();
        break;
      case "unusable":
        this.#unusable = message.reason;
        break;
      case "done":
        this.#tally = message.tally;
        this.#isDone = true;
        this.#since = null;
    }
  }

  #lookAtTheClock(): void {
    if (this.#since === null || this.#isKilled) return;
    this.#onCase(this.#lastCase);
    if (performance.now() - this.#since < 1000 * this.#caseSeconds) return;
    this.#find("hang", `still running after ${this.#caseSeconds} s`);
    const [slowestSeconds, slowestCase] = [this.#caseSeconds, this.#lastCase];
    this.#tally = { ...this.#tally, slowestSeconds, slowestCase };
    this.#kill();
  }

  #find(kind: "hang" | "crash", detail: string): void {
    const number = this.#lastCase;
    const signature = `${kind} in case ${number}`;
    this.#findings.push({ type: "finding", case: number, kind, detail, signature });
  }

  #kill(): void {
    this.#isKilled = true;
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself in the meantime.
    }
  }

  report(status: Deno.CommandStatus, lastWords: string): ProcessReport {
    const isExplained = this.#isDone || this.#isKilled || this.#unusable !== undefined;
    const how = status.signal === null ? `code ${status.code}` : `signal ${status.signal}`;
    if (!isExplained && this.#lastCase >= 0) {
      this.#find("crash", `the process ended with ${how} ${lastWords}`.trim());
    } else if (!isExplained) {
      this.#unusable = `its process ended with ${how} before the first case ${lastWords}`.trim();
    }
    return {
      tally: this.#tally,
      findings: this.#findings,
      lastCase: this.#lastCase,
      isDone: this.#isDone,
      ...(this.#unusable !== undefined && { unusable: this.#unusable }),
    };
  }
}

/** The end of a stream's text. */
async function endOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text = (text + part).slice(-LAST_WORDS);
  }
  return text.trim();
}
