/**
 * `parity record`: writes every seam of a track to files.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { CALL, PROGRAM } from "../core/program.ts";
import { UsageError } from "../core/usage_error.ts";
import type { AppliedGain, AudioOptions, Seams } from "../pipeline/mod.ts";
import { OUTPUT_FOLDER, text } from "./argument_types.ts";
import { type Command, command, option, pick, type Values } from "./command.ts";
import {
  AUDIO_OPTIONS,
  audioOf,
  backendOn,
  COMPUTE_OPTIONS,
  SHIFT_OPTIONS,
  STEMS_PADDING,
  WEIGHTS_OPTIONS,
} from "./_options.ts";
import { StatusLine } from "./status_line.ts";

const { weightsDir, backend, threads } = COMPUTE_OPTIONS;

const OPTIONS = {
  out: option(OUTPUT_FOLDER, "folder for the seams, which must be empty or missing").required(),
  stemsDir: option(text("dir"), "folder with the stems, instead of a mix"),
  stemsPadding: STEMS_PADDING,
  ...AUDIO_OPTIONS,
  ...WEIGHTS_OPTIONS,
  ...SHIFT_OPTIONS,
  weightsDir,
  backend,
  threads,
} as const;

/** The command `parity record`. */
export const parityRecord: Command = command({
  name: `${CALL} parity record`,
  description:
    `Writes every seam of a track as SEAM.npy, and their types, shapes, axes, units and SHA-256 as seams.json, for
parity diff or for the comparison with another program.`,
  arguments: { "[audio]": "a mix; absent with --stems-dir" },
  options: OPTIONS,
  run: record,
});

async function record(
  values: Values<typeof OPTIONS>,
  audio: readonly string[],
): Promise<number> {
  const { demixShifts, loadDemixer, loadModel, networkModel, releaseDemixer, runStages } =
    await import("../pipeline/mod.ts");
  const { recordSeams } = await import("../parity/mod.ts");
  const { checkNames, chosenWeights, warnOfUntrained } = await import("./_weights.ts");
  const { out, stemsDir } = values;
  const path = pathOf(stemsDir, audio);
  const fromMix = stemsDir === undefined;
  checkNames(values);
  const reading = audioOf(values);
  const shifts = demixShifts(values.shifts, values.demixSeed);
  const compute = {
    backend: backendOn("cpu", values.backend),
    ...pick(values, "threads"),
  };
  await ensureEmpty(out);
  const weights = await chosenWeights(values, values, { demixer: fromMix });
  warnOfUntrained(fromMix ? [weights.demixer, weights.model] : [weights.model]);
  const status = new StatusLine();
  const model = networkModel(weights.model, await loadModel(weights.model, values));
  const demixer = fromMix
    ? await loadDemixer(weights.demixer, { ...pick(values, "weightsDir"), compute })
    : undefined;
  try {
    status.show("decoding");
    const { given, gain } = await givenSeams(path, fromMix, reading, status);
    const seams = await runStages(
      given,
      {
        model: Promise.resolve(model),
        embeddings: true,
        compute,
        ...(demixer && {
          separation: {
            ...{ demixer: Promise.resolve(demixer), shifts, overlap: values.overlap },
            stems: "floats",
          },
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
      backend: compute.backend,
      ...(gain !== null && { gain_db: gain.db }),
    });
    status.clear();
    console.log(`${names.length} seams: ${join(out, "seams.json")}`);
    return 0;
  } finally {
    status.clear();
    await releaseDemixer(demixer);
  }
}

function pathOf(stemsDirectory: string | undefined, audio: readonly string[]): string {
  const [path, ...others] = stemsDirectory === undefined ? audio : [stemsDirectory, ...audio];
  if (path && others.length === 0) return resolve(path);
  throw new UsageError(
    `Expected one AUDIO, or --stems-dir; see ${CALL} parity record --help`,
  );
}

/** Throws where a folder has files, which could be taken for seams of this track. */
async function ensureEmpty(folder: string): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(folder)) {
      throw new UsageError(`--out ${folder} is not empty: it has ${name}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Reads the audio, and prints its notes and warnings. */
async function givenSeams(
  path: string,
  fromMix: boolean,
  reading: AudioOptions,
  status: StatusLine,
): Promise<{ readonly given: Partial<Seams>; readonly gain: AppliedGain | null }> {
  const { findStems, readMixture, readStems } = await import("../pipeline/mod.ts");
  const read = fromMix
    ? await readMixture(path, reading)
    : await readStems(await findStems(path), reading);
  for (const note of read.notes) status.print(note);
  status.warn(...read.warnings);
  const given = "mixture" in read ? { mixture: read.mixture } : { stems16: read.stems16 };
  return { given, gain: read.gain };
}
