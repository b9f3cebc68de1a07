/**
 * Starts a process that runs cases, and kills it when a case exceeds a limit.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import {
  type Assignment,
  type FindingMessage,
  type Limits,
  NO_TALLY,
  parseMessage,
  type Tally,
} from "./message.ts";

/** Outcome of a process. */
export interface ProcessReport {
  readonly tally: Tally;
  readonly findings: readonly FindingMessage[];
  /** Number of the last case that was begun; -1 if there was none. */
  readonly lastCase: number;
  /** Whether it ran all cases; otherwise the last finding says why not. */
  readonly isDone: boolean;
  /** Reason why the target cannot be fuzzed; absent where it can. */
  readonly unusable?: string;
}

/** Hidden option with which the program starts itself. */
export const RUN_CASES_OPTION = "--run-cases";

const PERMISSIONS = ["read", "write", "env", "sys", "ffi"].map((name) => `--allow-${name}`);
const CHECK_EVERY_MS = 50;
const STDERR_CHARACTERS = 1500;

/**
 * Runs an assignment in a process of its own.
 *
 * @param entry address of the program that has the target
 * @param assignment which cases
 * @param onCase is called several times a second with the number of the case
 * @returns the outcome, after the process has ended
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
    env: { DENO_NO_UPDATE_CHECK: "1", RUST_BACKTRACE: "0" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const watched = new WatchedProcess(child, assignment.limits, onCase);
  const [stderrTail] = await Promise.all([endOf(child.stderr), watched.listen(child.stdout)]);
  return watched.report(await child.status, stderrTail);
}

/** The state of one process according to its messages. */
class WatchedProcess {
  readonly #child: Deno.ChildProcess;
  readonly #limits: Limits;
  readonly #onCase: (number: number) => void;
  readonly #findings: FindingMessage[] = [];
  #tally = NO_TALLY;
  #lastCase = -1;
  /** Start of the last case, ms; null before the first. */
  #since: number | null = null;
  #isDone = false;
  #isKilled = false;
  #unusable: string | undefined;

  constructor(child: Deno.ChildProcess, limits: Limits, onCase: (number: number) => void) {
    this.#child = child;
    this.#limits = limits;
    this.#onCase = onCase;
  }

  async listen(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    const timer = setInterval(() => this.#checkTime(), CHECK_EVERY_MS);
    let rest = "";
    for await (const text of stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      // Only the last of many cases matters, because its tally includes those before it.
      const last = lines.findLastIndex((line) => line.startsWith("case "));
      lines.forEach((line, i) => {
        if (!line.startsWith("case ") || i === last) this.#receive(line);
      });
    }
    clearInterval(timer);
  }

  #receive(line: string): void {
    // Messages of a process that is being killed do not count.
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
        if (message.kind === "hang") this.#noteSlowest(this.#limits.caseSeconds);
        if (message.kind === "memory" || message.kind === "hang") this.#kill();
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

  #checkTime(): void {
    if (this.#since === null || this.#isKilled) return;
    this.#onCase(this.#lastCase);
    const { wallSeconds } = this.#limits;
    if (performance.now() - this.#since < 1000 * wallSeconds) return;
    this.#find("hang", `still running after ${wallSeconds} s`);
    this.#noteSlowest(wallSeconds);
    this.#kill();
  }

  #noteSlowest(slowestSeconds: number): void {
    this.#tally = { ...this.#tally, slowestSeconds, slowestCase: this.#lastCase };
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
      // It has ended by itself.
    }
  }

  report(status: Deno.CommandStatus, stderrTail: string): ProcessReport {
    const isExplained = this.#isDone || this.#isKilled || this.#unusable !== undefined;
    const how = status.signal === null ? `code ${status.code}` : `signal ${status.signal}`;
    if (!isExplained && this.#lastCase >= 0) {
      this.#find("crash", `the process ended with ${how} ${stderrTail}`.trim());
    } else if (!isExplained) {
      this.#unusable = `its process ended with ${how} before the first case ${stderrTail}`.trim();
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

/** Returns the end of a stream's text. */
async function endOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text = (text + part).slice(-STDERR_CHARACTERS);
  }
  return text.trim();
}
