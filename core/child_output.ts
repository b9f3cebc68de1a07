/**
 * Programs that run in a process of their own, which ends when this one is interrupted.
 *
 * @module
 */

import { interruptible } from "./interruption.ts";

/** Lines of stderr that are kept. */
const KEPT_LINES = 5;

/** What a process left behind. */
export interface ChildOutput {
  /** Its exit code. */
  readonly code: number;
  /** What it printed; empty where that was not kept. */
  readonly stdout: string;
  /** The last lines that it wrote on stderr. */
  readonly complaint: string;
}

/**
 * Runs Deno to its end.
 *
 * @param args its arguments
 * @param stdout whether what it prints is kept
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
    complaint: decoder.decode(output.stderr).trim().split("\n").slice(-KEPT_LINES).join("\n"),
  };
}
