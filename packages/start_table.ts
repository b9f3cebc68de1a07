/**
 * Prints how long an installed `tactus --help` takes, in turn with the same call of Deno without the launcher, an empty script
 * of Deno and an empty script of Node. Prints the milliseconds of each round as JSON to stderr.
 *
 *     deno run -A packages/start_table.ts FOLDER [ROUNDS]
 *
 * FOLDER is the one in which `npm install` put the packages.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { median } from "../core/median.ts";
import { PROGRAM_PACKAGE } from "../core/package_names.ts";
import { withScratchFolder } from "../core/scratch_folder.ts";
import { markdownTable } from "../core/table.ts";
import { denoArguments, denoEnvironment } from "./launcher/deno_call.ts";

const [folder = ".", rounds = "21"] = Deno.args;
const modules = join(resolve(folder), "node_modules");
const ARGS = ["--help"];

/** Returns the milliseconds on the clock of a call. */
async function milliseconds(program: string, args: readonly string[]): Promise<number> {
  const command = new Deno.Command(program, {
    args: [...args],
    env: denoEnvironment(ARGS, {}) as Record<string, string>,
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  });
  const start = performance.now();
  const { success } = await command.spawn().status;
  if (!success) throw new Error(`${program} failed`);
  return performance.now() - start;
}

await withScratchFolder("tactus-start-", async (scratch) => {
  const [module, script] = [join(scratch, "empty.mjs"), join(scratch, "empty.cjs")];
  for (const path of [module, script]) await writeFile(path, "");
  const calls = {
    "tactus --help": [join(modules, ".bin", "tactus"), ARGS],
    "the same without the launcher": [
      Deno.execPath(),
      denoArguments(ARGS, join(modules, PROGRAM_PACKAGE, "main.js"), []),
    ],
    "an empty script of Deno": [Deno.execPath(), denoArguments([], module, [])],
    "an empty script of Node": ["node", [script]],
  } as const;
  const times = new Map(Object.keys(calls).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= Number(rounds); round++) {
    for (const [name, [program, args]] of Object.entries(calls)) {
      const time = await milliseconds(program, args);
      // The first round fills the caches.
      if (round > 0) times.get(name)!.push(time);
    }
  }
  console.error(JSON.stringify(Object.fromEntries(times)));
  console.log(
    markdownTable([
      ["call", "median, ms", "least, ms", "most, ms"],
      ...[...times].map(([name, all]) => [
        ...[
          name,
          ...[median(all), Math.min(...all), Math.max(...all)].map((one) => one.toFixed(1)),
        ],
      ]),
    ], (column) => column > 0).join("\n"),
  );
});
