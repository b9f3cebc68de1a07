/**
 * Counts the alerts of unchanged nightly runs while other processes use the machine.
 *
 *     deno run -A scripts/busy_machine_trial.ts [--runs N] [--loops N] [-- NIGHTLY_OPTIONS...]
 *
 * All runs share a history that is empty at first. Parity and evaluation are left out, since their results do not
 * depend on the load.
 *
 * @module
 */

import { loadavg } from "node:os";
import { join } from "node:path";
import { wholeNumber } from "../cli/argument_types.ts";
import { command, option } from "../cli/command.ts";
import { markdownTable } from "../core/table.ts";
import { runScript } from "./run_script.ts";

const main = join(import.meta.dirname ?? ".", "..", "main.ts");

const NIGHTLY = ["run", "--quiet", "-A", main, "nightly", "--skip", "parity", "--skip", "evaluate"];

/** Options of nightly where none are given. */
const DEFAULTS = ["--model", "embedded", "--demixer", "hpss-mix", "--rounds", "5"];

/** Starts processes that never wait. */
function startLoops(count: number): Deno.ChildProcess[] {
  const args = ["eval", "--quiet", "while (true);"];
  return Array.from(
    { length: count },
    () => new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "null" }).spawn(),
  );
}

/** Runs nightly once, and returns its exit code and its output. */
async function nightly(args: readonly string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...NIGHTLY, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** The script. */
const busyMachineTrial = command({
  name: "deno run -A scripts/busy_machine_trial.ts",
  description: "Counts the alerts of unchanged nightly runs while other processes use the machine.",
  arguments: {
    "[nightly...]": `options and tracks of nightly, after --; by default ${DEFAULTS.join(" ")}`,
  },
  options: {
    runs: option(wholeNumber(2, 10_000), "number of runs").default(20),
    loops: option(wholeNumber(0, 1000), "number of busy loops").default(4),
  },
  exitCodes: ["no run alerted", "a run alerted"],
  async run({ runs, loops }, given): Promise<number> {
    const folder = await Deno.makeTempDir();
    const options = [...(given.length > 0 ? given : DEFAULTS), "--out-dir", folder];
    const busy = startLoops(loops);
    const rows = [["run", "seconds", "load", "alerts"]];
    let alerts = 0;
    try {
      for (let run = 1; run <= runs; run++) {
        const start = performance.now();
        const { code, text } = await nightly(options);
        if (code > 1) throw new Error(`nightly ended with code ${code}: ${text}`);
        if (code === 1) {
          alerts++;
          console.log(text);
        }
        const seconds = (performance.now() - start) / 1000;
        rows.push([
          `${run}`,
          seconds.toFixed(1),
          loadavg()[0]!.toFixed(1),
          code === 1 ? "yes" : "",
        ]);
        console.error(rows.at(-1)!.join("  "));
      }
    } finally {
      for (const loop of busy) loop.kill("SIGKILL");
      await Deno.remove(folder, { recursive: true });
    }
    console.log(markdownTable(rows, (column) => column < 3).join("\n"));
    console.log(`\n${alerts} of ${runs} runs alerted, with ${loops} busy loops`);
    return alerts > 0 ? 1 : 0;
  },
});

if (import.meta.main) await runScript(busyMachineTrial);
