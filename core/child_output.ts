/**
 * Child processes of Deno, which end when this process is interrupted.
 *
 * @module
 */

import { interruptible } from "./interruption.ts";

/** Number of lines of stderr that are kept. */
const KEPT_LINES = 5;

/** Exit code and output of a process. */
export interface ChildOutput {
  /** Exit code. */
  readonly code: number;
  /** Standard output; empty if it was not kept. */
  readonly stdout: string;
  /** Last lines of standard error. */
  readonly stderrTail: string;
}

/**
 * Runs Deno and waits for its end.
 *
 * @param args arguments of the process
 * @param stdout whether standard output is kept
 */
export async function childOutput(
  args: readonly string[],
  stdout: "piped" | "null" = "piped",
): Promise<ChildOutput> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    stdin: "null",
    stdout,
    stderr: "piped",
  }).spawn();
  const output = await interruptible(() => child.kill("SIGTERM"), () => child.output());
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: stdout === "null" ? "" : decoder.decode(output.stdout),
    stderrTail: decoder.decode(output.stderr).trim().split("\n").slice(-KEPT_LINES).join("\n"),
  };
}
