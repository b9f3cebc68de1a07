/**
 * `parity backends`: everybody who can compute a network, on the same input.
 *
 * @module
 */

import { HPSS, loadModel } from "../models/registry.ts";
import type { LoadOptions } from "../models/models_folder.ts";
import { backendsAgree, backendTable, compareBackends } from "../parity/backends.ts";
import { readClip } from "../parity/clip.ts";
import type { DiffTolerance } from "../parity/diff.ts";
import { readManifest, ReferenceError } from "../parity/manifest.ts";
import { stageComputers } from "../parity/stage_computers.ts";
import { excerpt, readMixture } from "../pipeline/mixture.ts";
import { networkModel } from "../pipeline/network.ts";
import { writeWhole } from "../core/files.ts";
import { reachableStages } from "../pipeline/runner.ts";
import { SAMPLE_RATE_HZ } from "../pipeline/spectrogram.ts";
import type { Seams } from "../pipeline/seams.ts";
import { STAGES } from "../pipeline/stages.ts";
import { findStems, firstSamples, readStems } from "../pipeline/stems.ts";
import { checkNames, chosenWeights } from "./chosen_weights.ts";
import { oneOf } from "./one_of.ts";
import { parsedArgs } from "./parsed_args.ts";
import { StatusLine } from "./status_line.ts";
import { threadCount } from "./thread_count.ts";
import { toleranceOption } from "./tolerance_option.ts";
import { UsageError } from "../core/usage_error.ts";
import { ensureFile } from "./writable.ts";

/** The stages that more than one backend can compute. */
const NETWORKS: readonly string[] = STAGES.filter(({ isNetwork }) => isNetwork)
  .map(({ name }) => name);

const HELP = `Usage: deno task parity backends [AUDIO | --stems-dir DIR] [options]

Computes every network with everybody who can: our own kernels, ONNX Runtime on the processor, and
on each other device that its build has. All are fed the same, and compared with our own kernels.
A device that the machine does not have is listed as not run.

      AUDIO               a mix (default: a clip of 7.7 s of the demo piece's)
      --stems-dir DIR     folder with the stems, instead of a mix
      --seconds N         only the first N seconds
      --stage NAME        only this: ${NETWORKS.join(" or ")}
  -m, --model NAME        as in analyze (default: seeded-all)
      --demixer NAME      as in analyze, but hpss, which is no network (default: seeded-htdemucs)
      --weights-dir DIR   as in analyze
      --threads N         as in analyze
      --atol N            what floats may be off (default: 1e-6)
      --rtol N            what they may be off besides, as a share of the first's (default: 1e-6)
      --export-json FILE  also write all figures as JSON
  -h, --help              print this

Exit codes: 0 all agree, 1 somebody is off, 2 the call was wrong or could not run`;

const OPTIONS = {
  "stems-dir": { type: "string" },
  seconds: { type: "string" },
  stage: { type: "string", multiple: true },
  model: { type: "string", short: "m", default: "seeded-all" },
  demixer: { type: "string", default: "seeded-htdemucs" },
  "weights-dir": { type: "string" },
  threads: { type: "string" },
  atol: { type: "string" },
  rtol: { type: "string" },
  "export-json": { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** The clip that is taken where no audio is named. */
const CLIP = "four_four_clip";

/**
 * Runs the command.
 *
 * @param args what follows `parity backends`
 * @returns the exit code: 0, or 1 where somebody is off
 * @throws {UsageError | ModelError | StemsError | KernelError} if the call is wrong, or the audio or weights cannot be had
 */
export async function parityBackends(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsedArgs("parity backends", {
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { "stems-dir": stems, "export-json": file } = values;
  if (positionals.length > (stems === undefined ? 1 : 0)) {
    throw new UsageError(
      "Expected one AUDIO, or --stems-dir, or neither; see deno task parity backends --help",
    );
  }
  checkNames(values);
  if (values.demixer === HPSS) {
    throw new UsageError("--demixer hpss is no network: only our own kernels compute it");
  }
  const seconds = values.seconds === undefined ? undefined : secondsOf(values.seconds);
  const threads = values.threads === undefined ? {} : { threads: threadCount(values.threads) };
  const floats: DiffTolerance = {
    ...(values.atol !== undefined && { absolute: toleranceOption("atol", values.atol) }),
    ...(values.rtol !== undefined && { relative: toleranceOption("rtol", values.rtol) }),
  };
  const stages = stagesOf(values.stage, stems === undefined);
  if (file !== undefined) await ensureFile(file, "--export-json");
  const status = new StatusLine();
  try {
    const folder: LoadOptions = values["weights-dir"] === undefined
      ? {}
      : { weightsDir: values["weights-dir"] };
    const roles = stems === undefined ? ["demixer", "model"] as const : ["model"] as const;
    const weights = await chosenWeights(values, folder, roles);
    const computers = await stageComputers({
      ...folder,
      ...threads,
      model: networkModel(weights.model, await loadModel(weights.model, folder)),
      ...(stems === undefined && { demixer: weights.demixer }),
    });
    status.show("decoding");
    const given = stems === undefined
      ? { mixture: await mixtureOf(positionals[0], seconds) }
      : { stems16: await stemsOf(stems, seconds) };
    const report = await compareBackends(given, computers, {
      stages,
      floats,
      onStage: (stage) => status.show(stage),
    });
    status.clear();
    console.log(backendTable(report));
    if (file !== undefined) await writeWhole(file, JSON.stringify(report, null, 2) + "\n");
    return backendsAgree(report) ? 0 : 1;
  } finally {
    status.clear();
  }
}

function stagesOf(named: readonly string[] | undefined, fromMix: boolean): readonly string[] {
  const reachable = reachableStages([fromMix ? "mixture" : "stems16"]).map(({ name }) => name);
  const stages = named?.map((name) => oneOf("stage", name, NETWORKS)) ?? NETWORKS;
  const there = stages.filter((stage) => reachable.includes(stage));
  if (there.length < stages.length && named !== undefined) {
    throw new UsageError("--stage demix needs a mix, but --stems-dir has its stems already");
  }
  return there;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new UsageError(`--seconds expects a number above 0, but got ${text}`);
}

async function mixtureOf(
  path: string | undefined,
  seconds: number | undefined,
): Promise<Seams["mixture"]> {
  const mixture = path === undefined ? await demoClip() : (await readMixture(path)).mixture;
  const samples = mixture.shape[1] ?? 0;
  return seconds === undefined
    ? mixture
    : excerpt(mixture, 0, Math.min(samples, Math.ceil(seconds * SAMPLE_RATE_HZ)));
}

async function demoClip(): Promise<Seams["mixture"]> {
  const { clips, pieces } = await readManifest();
  const clip = clips[CLIP];
  if (clip === undefined) throw new ReferenceError(`The manifest has no clip ${CLIP}`);
  return await readClip(clip, pieces);
}

async function stemsOf(folder: string, seconds: number | undefined): Promise<Seams["stems16"]> {
  const { stems16, warnings } = await readStems(await findStems(folder));
  for (const warning of warnings) console.error(`Warning: ${warning}`);
  return seconds === undefined
    ? stems16
    : firstSamples(stems16, Math.ceil(seconds * SAMPLE_RATE_HZ));
}
