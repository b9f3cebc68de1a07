/**
 * `parity record`: every seam of a track as a file.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { loadModel } from "../models/registry.ts";
import { recordSeams } from "../parity/recording.ts";
import { loadDemixer } from "../pipeline/backends/demixers.ts";
import { readMixture } from "../pipeline/mixture.ts";
import { networkModel } from "../pipeline/network.ts";
import { PROGRAM } from "../core/program.ts";
import { runStages } from "../pipeline/runner.ts";
import type { Seams } from "../pipeline/seams.ts";
import { findStems, readStems } from "../pipeline/stems.ts";
import { backendOf, DEFAULTS, shiftsOf } from "./analyze_call.ts";
import { checkNames, chosenWeights } from "./chosen_weights.ts";
import { parsedArgs } from "./parsed_args.ts";
import { StatusLine } from "./status_line.ts";
import { threadCount } from "./thread_count.ts";
import { warnOfUntrained } from "./untrained.ts";
import { UsageError } from "../core/usage_error.ts";
import { ensureFolder } from "./writable.ts";

const HELP = `Usage: deno task parity record AUDIO --out DIR [options]
       deno task parity record --stems-dir DIR --out DIR [options]

Writes every seam of a track as DIR/SEAM.npy, and DIR/seams.json, which gives their types, shapes,
axes, units and SHA-256: for parity diff, or for another program to compare with.

      --stems-dir DIR     folder with the stems, instead of a mix
      --out DIR           where to; must not be there, or be empty
  -m, --model NAME        as in analyze
      --demixer NAME      as in analyze
      --shifts N          as in analyze
      --demix-seed N      as in analyze
      --weights-dir DIR   as in analyze
      --backend NAME      as in analyze
      --threads N         as in analyze
  -h, --help              print this

Exit codes: 0 done, 2 the call was wrong or could not run`;

const OPTIONS = {
  "stems-dir": { type: "string" },
  out: { type: "string" },
  model: { type: "string", short: "m", default: DEFAULTS.model },
  demixer: { type: "string", default: DEFAULTS.demixer },
  shifts: { type: "string", default: "1" },
  "demix-seed": { type: "string", default: "0" },
  "weights-dir": { type: "string" },
  backend: { type: "string" },
  threads: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/**
 * Runs the command.
 *
 * @param args what follows `parity record`
 * @returns the exit code
 * @throws {UsageError | ModelError | StemsError | KernelError} if the call is wrong, or the audio or weights cannot be had
 */
export async function parityRecord(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsedArgs("parity record", {
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { out, threads } = values;
  const path = pathOf(values["stems-dir"], positionals);
  const fromMix = values["stems-dir"] === undefined;
  if (!out) throw new UsageError("--out is missing; see deno task parity record --help");
  checkNames(values);
  const shifts = shiftsOf(values.shifts, values["demix-seed"]);
  const backend = backendOf(values.backend, "cpu");
  const ofThreads = threads === undefined ? {} : { threads: threadCount(threads) };
  const compute = { backend, ...ofThreads };
  await ensureEmpty(out);
  const folder = values["weights-dir"] === undefined ? {} : { weightsDir: values["weights-dir"] };
  const roles = fromMix ? ["demixer", "model"] as const : ["model"] as const;
  const weights = await chosenWeights(values, folder, roles);
  warnOfUntrained(roles.map((role) => weights[role]));
  const status = new StatusLine();
  const model = networkModel(weights.model, await loadModel(weights.model, folder));
  const demixer = fromMix ? await loadDemixer(weights.demixer, { ...folder, compute }) : undefined;
  try {
    status.show("decoding");
    const seams = await runStages(
      await givenSeams(path, fromMix),
      {
        model: Promise.resolve(model),
        embeddings: true,
        compute,
        ...(demixer && {
          separation: { demixer: Promise.resolve(demixer), shifts, stems: "floats" },
        }),
      },
      {
        onStart: (stage) => status.show(stage),
        onProgress: (stage, part, parts) => status.show(`${stage} ${part}/${parts}`),
      },
    );
    status.show("writing");
    const names = await recordSeams(out, seams, {
      program: PROGRAM,
      path,
      model: model.name,
      demixer: demixer?.name ?? null,
      backend,
    });
    status.clear();
    console.log(`${names.length} seams: ${join(out, "seams.json")}`);
    return 0;
  } finally {
    status.clear();
    await demixer?.session?.release();
  }
}

function pathOf(stemsDirectory: string | undefined, positionals: readonly string[]): string {
  const [path, ...others] = stemsDirectory === undefined
    ? positionals
    : [stemsDirectory, ...positionals];
  if (path && others.length === 0) return resolve(path);
  throw new UsageError(
    "Expected one AUDIO, or --stems-dir; see deno task parity record --help",
  );
}

/** Files of another track beside these would be taken for seams of this one. */
async function ensureEmpty(folder: string): Promise<void> {
  await ensureFolder(folder, "--out");
  try {
    for await (const { name } of Deno.readDir(folder)) {
      throw new UsageError(`--out ${folder} is not empty: it has ${name}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function givenSeams(path: string, fromMix: boolean): Promise<Partial<Seams>> {
  if (fromMix) {
    const { mixture, warnings } = await readMixture(path);
    for (const warning of warnings) console.error(`Warning: ${warning}`);
    return { mixture };
  }
  const { stems16, warnings } = await readStems(await findStems(path));
  for (const warning of warnings) console.error(`Warning: ${warning}`);
  return { stems16 };
}
