/**
 * `parity backends`: compares the networks on all available backends.
 *
 * @module
 */

import { writeJson } from "../core/files.ts";
import { CALL } from "../core/program.ts";
import { UsageError } from "../core/usage_error.ts";
import type { AudioOptions, Seams } from "../pipeline/mod.ts";
import { STAGES } from "../pipeline/stages.ts";
import { oneOf, seconds, text } from "./argument_types.ts";
import { type Command, command, option, pick, type Values } from "./command.ts";
import {
  AUDIO_OPTIONS,
  audioOf,
  COMPUTE_OPTIONS,
  EXPORT_JSON,
  STEMS_PADDING,
  TOLERANCE_OPTIONS,
  toleranceOf,
  WEIGHTS_OPTIONS,
} from "./_options.ts";
import { StatusLine } from "./status_line.ts";

/** Stages that more than one backend can compute. */
const NETWORKS: readonly string[] = STAGES.filter(({ isNetwork }) => isNetwork)
  .map(({ name }) => name);

/** The clip that is used where no audio is named. */
const CLIP = "four_four_clip";

const { weightsDir, threads } = COMPUTE_OPTIONS;

const OPTIONS = {
  stemsDir: option(text("dir"), "folder with the stems, instead of a mix"),
  stemsPadding: STEMS_PADDING,
  ...AUDIO_OPTIONS,
  seconds: option(seconds(), "length of the part that is computed"),
  stage: option(oneOf("name", NETWORKS), "only this stage").repeated(),
  model: WEIGHTS_OPTIONS.model.default("seeded-all"),
  demixer: WEIGHTS_OPTIONS.demixer.default("seeded-htdemucs")
    .help("demixer as in analyze; hpss and hpss-mix are excluded, since they are not networks"),
  weightsDir,
  threads,
  ...TOLERANCE_OPTIONS,
  exportJson: EXPORT_JSON.help(
    "also write all figures as JSON (parity/backend_report.schema.json)",
  ),
} as const;

/** The command `parity backends`. */
export const parityBackends: Command = command({
  name: `${CALL} parity backends`,
  description:
    `Runs each network on every available backend: native, ONNX Runtime on the CPU, and ONNX Runtime on each other
device of this build. All get the same input, and the outputs are compared with those of the native backend. A device that
the machine lacks is listed as not run. Loud stems may differ by 2.3e-6 of their peak, which the table then says, unless
--atol gives their tolerance.`,
  arguments: { "[audio]": "a mix (default: a clip of 7.7 s of the demo piece)" },
  options: OPTIONS,
  exitCodes: ["all outputs agree", "an output differs"],
  run: compare,
});

async function compare(
  values: Values<typeof OPTIONS>,
  [audio]: readonly string[],
): Promise<number> {
  const parity = await import("../parity/mod.ts");
  const { FILTER_NAMES, loadModel } = await import("../models/mod.ts");
  const { networkModel, reachableStages } = await import("../pipeline/mod.ts");
  const { checkNames, chosenWeights } = await import("./_weights.ts");
  const { stemsDir, exportJson } = values;
  if (audio !== undefined && stemsDir !== undefined) {
    throw new UsageError(
      `Expected one AUDIO, or --stems-dir, or neither; see ${CALL} parity backends --help`,
    );
  }
  checkNames(values);
  const reading = audioOf(values);
  if (FILTER_NAMES.includes(values.demixer)) {
    throw new UsageError(
      `--demixer ${values.demixer} is not a network: only the native backend computes it`,
    );
  }
  const reachable = reachableStages([stemsDir === undefined ? "mixture" : "stems16"]);
  const stages = stagesOf(values.stage, reachable.map(({ name }) => name));
  const status = new StatusLine();
  try {
    const weights = await chosenWeights(values, values, { demixer: stemsDir === undefined });
    const runners = await parity.backendRunners({
      ...pick(values, "weightsDir", "threads"),
      model: networkModel(weights.model, await loadModel(weights.model, values)),
      ...(stemsDir === undefined && { demixer: weights.demixer }),
    });
    status.show("decoding");
    const given = stemsDir === undefined
      ? { mixture: await mixtureOf(audio, reading, values.seconds, status) }
      : { stems16: await stemsOf(stemsDir, reading, values.seconds, status) };
    const report = await parity.compareBackends(given, runners, {
      stages,
      floats: toleranceOf(values),
      onStage: (stage) => status.show(stage),
    });
    status.clear();
    console.log(parity.backendTable(report));
    if (exportJson !== undefined) await writeJson(exportJson, report);
    return parity.backendsAgree(report) ? 0 : 1;
  } finally {
    status.clear();
  }
}

function stagesOf(
  named: readonly string[] | undefined,
  reachable: readonly string[],
): readonly string[] {
  const stages = named ?? NETWORKS;
  const there = stages.filter((stage) => reachable.includes(stage));
  if (there.length < stages.length && named !== undefined) {
    throw new UsageError("--stage demix needs a mix, but --stems-dir has its stems already");
  }
  return there;
}

async function mixtureOf(
  path: string | undefined,
  reading: AudioOptions,
  seconds: number | undefined,
  status: StatusLine,
): Promise<Seams["mixture"]> {
  const { excerpt, readMixture, SAMPLE_RATE_HZ } = await import("../pipeline/mod.ts");
  const read = path === undefined ? undefined : await readMixture(path, reading);
  for (const note of read?.notes ?? []) status.print(note);
  status.warn(...read?.warnings ?? []);
  const mixture = read?.mixture ?? await demoClip();
  const samples = mixture.shape[1] ?? 0;
  return seconds === undefined
    ? mixture
    : excerpt(mixture, 0, Math.min(samples, Math.ceil(seconds * SAMPLE_RATE_HZ)));
}

async function demoClip(): Promise<Seams["mixture"]> {
  const { readClip, readManifest, ReferenceError } = await import("../parity/mod.ts");
  const { clips, pieces } = await readManifest();
  const clip = clips[CLIP];
  if (clip === undefined) throw new ReferenceError(`The manifest has no clip ${CLIP}`);
  return await readClip(clip, pieces);
}

async function stemsOf(
  folder: string,
  reading: AudioOptions,
  seconds: number | undefined,
  status: StatusLine,
): Promise<Seams["stems16"]> {
  const { findStems, firstSamples, readStems, SAMPLE_RATE_HZ } = await import(
    "../pipeline/mod.ts"
  );
  const { stems16, warnings, notes } = await readStems(await findStems(folder), reading);
  for (const note of notes) status.print(note);
  status.warn(...warnings);
  return seconds === undefined
    ? stems16
    : firstSamples(stems16, Math.ceil(seconds * SAMPLE_RATE_HZ));
}
