/**
 * The largest memory of a call of the program.
 *
 * @module
 */

import { GLIBC_SETTINGS } from "../../core/batch_memory.ts";
import { outcomeOf } from "./deadline.ts";
import { command, type Outcome } from "./program.ts";

/**
 * Runs `main.ts` and returns its outcome and the largest memory that it had, bytes.
 *
 * @param args the command and its arguments
 * @param cwd working folder
 * @param flags options of the runtime
 */
export async function peakOf(
  args: readonly string[],
  cwd: string,
  flags: readonly string[] = [],
): Promise<[Outcome, number]> {
  const child = command(args, { cwd, env: GLIBC_SETTINGS, flags }).spawn();
  const ended = outcomeOf(child);
  let peak = 0;
  let isDone = false;
  ended.finally(() => isDone = true).catch(() => {});
  while (!isDone) {
    // Deno itself does not read /proc.
    const { stdout } = await new Deno.Command("cat", {
      args: [`/proc/${child.pid}/status`],
      stderr: "null",
    }).output();
    const [, kilobytes = 0] = /^VmHWM:\s*(\d+) kB$/m.exec(new TextDecoder().decode(stdout)) ?? [];
    peak = Math.max(peak, 1024 * Number(kilobytes));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return [await ended, peak];
}
