/**
 * Times the whole program, in a new process each time.
 *
 * @module
 */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { RUN_OPTIONS, runArguments } from "../../core/program.ts";
import type { RunTrack } from "../run_report.ts";
import type { Bench, BenchVariant } from "./time_variants.ts";

/** Deno permissions of the program, as in the tasks of `deno.json`. */
export const PERMISSIONS: readonly string[] = [
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
  "--allow-ffi",
  "--allow-run=ffmpeg",
  // Deno would tell where there is no ffmpeg.
  "--quiet",
];

/** Number of starts that are timed together, because a single start is too short. */
const STARTS = 5;

/**
 * Returns the bench of `analyze`, from four stems on disk to the result on disk.
 *
 * @param folder folder with the stems, `demix/htdemucs/track/bass.wav` and so on
 * @param track the stems
 * @param args options of `analyze`
 * @param weights SHA-256 of the files of the model
 * @param peers functions that start the peers
 */
export function analyzeBench(
  folder: string,
  track: RunTrack,
  args: readonly string[],
  weights: readonly string[],
  peers: readonly (() => Promise<BenchVariant>)[],
): Bench {
  const stems = join(folder, "demix", "htdemucs", "track");
  const out = join(folder, "struct");
  const call = runArguments("main", PERMISSIONS, [
    "analyze",
    "--stems-dir",
    stems,
    "-o",
    out,
    ...args,
  ]);
  return {
    stage: "analyze",
    track,
    variants: [
      () => Promise.resolve({ ...program("tactus, whole process", call, { anew: out }), weights }),
      ...peers,
    ],
  };
}

/**
 * Returns the bench of the start of the program, up to the reading of its arguments, and an empty script.
 *
 * @param folder folder of the empty script
 */
export async function startBench(folder: string): Promise<Bench> {
  const empty = join(folder, "empty.ts");
  await Deno.writeTextFile(empty, "");
  return {
    stage: "start",
    track: null,
    variants: [
      () =>
        Promise.resolve(
          program(
            "tactus analyze --help",
            runArguments("main", PERMISSIONS, ["analyze", "--help"]),
            { times: STARTS },
          ),
        ),
      () =>
        Promise.resolve(
          program("an empty script", ["run", ...RUN_OPTIONS, ...PERMISSIONS, empty], {
            times: STARTS,
          }),
        ),
    ],
  };
}

/**
 * Returns a variant that calls Deno with arguments a number of times; its time is the mean of one call.
 *
 * @param options.anew folder of results, which is removed before each run, since the program does no work twice
 */
function program(
  name: string,
  args: readonly string[],
  { times = 1, anew }: { times?: number; anew?: string } = {},
): BenchVariant {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    stdout: "null",
    stderr: "piped",
  });
  return {
    ...{ name, backend: "process" },
    async run(): Promise<number> {
      if (anew !== undefined) await rm(anew, { recursive: true, force: true });
      const start = performance.now();
      for (let time = 0; time < times; time++) {
        const { code, stderr } = await command.output();
        if (code !== 0) throw new Error(`${name}: ${new TextDecoder().decode(stderr)}`);
      }
      return (performance.now() - start) / 1000 / times;
    },
    close: () => Promise.resolve(),
  };
}
