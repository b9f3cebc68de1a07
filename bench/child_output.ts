/**
 * Programs that run in a process of their own, which ends when this one is interrupted.
 *
 * @module
 */

import { interruptible } from "../pipeline/interruption.ts";

/**
 * Runs Deno to its end.
 *
 * @param args its arguments
 * @param stdout whether what it prints is kept
 * @returns its exit code and what it wrote
 */
export async function childOutput(
  args: readonly string[],
  stdout: "piped" | "null" = "piped",
): Promise<Deno.CommandOutput> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    stdin: "null",
    stdout,
    stderr: "piped",
  }).spawn();
  return await interruptible(() => child.kill("SIGTERM"), () => child.output());
}
