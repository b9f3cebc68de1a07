/**
 * Runs a program as a process of its own, without a shell, with limits of time and memory.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { isAbsolute, join } from "node:path";
import process from "node:process";
import { interruptible } from "../core/interruption.ts";
import { MemoryWatch } from "./_memory_watch.ts";
import { childCpuSeconds } from "./_cpu_time.ts";
import { countsBetween, type WorkCounter } from "./_work_counter.ts";
import type { WorkCounts } from "../kernels/mod.ts";

/** Program, arguments and limits. */
export interface ProcessCall {
  /** Program and arguments. A program with a slash is a path from `folder`. */
  readonly command: readonly string[];
  /** Folder that it runs in. */
  readonly folder: string;
  /** Variables that are added to the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Limit of its time. */
  readonly timeoutSeconds: number;
  /** Limit of the resident memory of the process and all processes that it started; absent for none. */
  readonly memoryBytes?: number;
  /** Counts hardware events; absent for none. */
  readonly counter?: WorkCounter;
}

/** What a process did. */
export interface ProcessOutcome {
  /** Why it failed; undefined where it ended with exit code 0. */
  readonly failure?: string;
  /** Whether there is no such program. */
  readonly isMissing: boolean;
  /** Seconds from its start to its end. */
  readonly seconds: number;
  /** User and system time of it and the processes that it waited for; null where the system does not tell. */
  readonly cpuSeconds: number | null;
  /** Highest resident memory that was seen; null where the system does not tell. */
  readonly peakBytes: number | null;
  /** Hardware counts of it and all processes that it started; absent without counters. */
  readonly work?: WorkCounts;
  /** Why there are no counts. */
  readonly noWork?: string;
}

/** Characters of the output that are kept, from the end. */
const KEPT_CHARACTERS = 8192;

/** Lines of the output that a failure quotes. */
const QUOTED_LINES = 5;

/**
 * Runs a program. It and all processes that it started end when it exceeds a limit, when it ends itself, and when this
 * program is interrupted.
 *
 * @param call program, arguments and limits
 * @returns what it did; a program that cannot be started is a failure, too
 */
export async function runProcess(call: ProcessCall): Promise<ProcessOutcome> {
  const { folder, environment, timeoutSeconds, memoryBytes, counter } = call;
  const [program = "", ...args] = call.command;
  // A relative path is one from the folder, not from that of this program.
  const path = isAbsolute(program) || !/[/\\]/.test(program) ? program : join(folder, program);
  const cpuBefore = childCpuSeconds();
  const workBefore = counter?.();
  const start = performance.now();
  const child = spawn(path, args, {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that all processes that it starts can be ended.
    detached: process.platform !== "win32",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-KEPT_CHARACTERS);
    });
  }
  let stopped: string | undefined;
  const stop = (reason?: string): void => {
    stopped ??= reason;
    endGroup(child.pid);
  };
  const watch = new MemoryWatch(child.pid, (bytes) => {
    if (memoryBytes === undefined || bytes <= memoryBytes) return;
    stop(`it took ${megabytes(bytes)} of memory, more than its limit of ${megabytes(memoryBytes)}`);
  }, () => {
    if (memoryBytes === undefined) return;
    stop("its limit of memory cannot be held: this system has neither /proc nor the program ps");
  });
  const timer = setTimeout(
    () => stop(`it took more than its limit of ${timeoutSeconds} s`),
    timeoutSeconds * 1000,
  );
  try {
    const ended = await interruptible(
      () => stop(),
      () =>
        new Promise<{ seconds: number; failure?: string; isMissing: boolean }>((resolve) => {
          const seconds = (): number => (performance.now() - start) / 1000;
          child.on("error", (error: Error & { code?: string }) => {
            const isMissing = error.code === "ENOENT";
            const failure = isMissing ? `there is no program ${program}` : error.message;
            resolve({ seconds: seconds(), failure, isMissing });
          });
          let took = 0;
          child.on("exit", () => {
            took = seconds();
            // What it left running would hold its output open.
            endGroup(child.pid);
          });
          child.on("close", (code, signal) => {
            const how = signal === null
              ? `it ended with exit code ${code}`
              : `it ended by ${signal}`;
            const failure = stopped ?? (code === 0 ? undefined : quoted(how, output));
            resolve({ seconds: took, ...(failure !== undefined && { failure }), isMissing: false });
          });
        }),
    );
    const cpuAfter = childCpuSeconds();
    const isKnown = cpuBefore !== null && cpuAfter !== null;
    return {
      ...ended,
      cpuSeconds: isKnown ? cpuAfter - cpuBefore : null,
      peakBytes: watch.peakBytes,
      ...(counter !== undefined && countsBetween(workBefore!, counter())),
    };
  } finally {
    clearTimeout(timer);
    watch.stop();
  }
}

/** Ends a process and those that it started. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

function quoted(how: string, output: string): string {
  const lines = output.trim().split("\n").slice(-QUOTED_LINES).join("\n");
  return lines === "" ? how : `${how}: ${lines}`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
