/**
 * What the student hears and what the teacher says, for every song of a folder.
 *
 * Beside a song's `truth.json` it writes `spectrogram.DEMIXER.npy`, `[4, frames, 81]` f16 of the stems that a demixer makes
 * of `mix.wav` (`mix`: the mix as all four stems), and `teacher.npy`, `[13, frames]` f16: the logits beat, downbeat, section and
 * ten functions that a published model gives for the true stems. What is there is not made again.
 *
 * @module
 */

import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { loadModel } from "../registry.ts";
import { loadDemixer } from "../../pipeline/backends/demixers.ts";
import type { Demixer } from "../../pipeline/demix.ts";
import { readMixture } from "../../pipeline/mixture.ts";
import { network, type NetworkModel, networkModel } from "../../pipeline/network.ts";
import { writeWhole } from "../../pipeline/result_files.ts";
import { runStages } from "../../pipeline/runner.ts";
import { spectrogram } from "../../pipeline/spectrogram.ts";
import { STAGES } from "../../pipeline/stages.ts";
import { readStems, STEMS } from "../../pipeline/stems.ts";
import { type Tensor, tensor } from "../../pipeline/tensor.ts";
import { halfNpy } from "./half_npy.ts";

const HELP = `Usage: features.ts FOLDER [options]

      --demixer NAME     as analyze takes it, or mix: the mix as all four stems, or stems: the true ones;
                         may be repeated (default: hpss)
      --teacher NAME     model that listens to the true stems, or none (default: harmonix-all)
      --weights-dir DIR  folder of its weights
      --seeds A-B        only these songs
      --threads N        of the teacher
      --delete-audio     removes a song's .wav files when all its features are there`;

/** What is heard without a demixer: the mix as each of the stems, or the true stems. */
const MIX = "mix";
const TRUE_STEMS = "stems";

const MADE_FROM_MIXTURE = STAGES.filter(({ name }) => name === "demix" || name === "spectrogram");

interface Call {
  readonly folder: string;
  readonly demixers: readonly string[];
  readonly teacher: string;
  readonly weightsDir?: string;
  readonly threads?: number;
  readonly seeds: readonly [number, number];
  readonly deleteAudio: boolean;
}

function understand(args: string[]): Call | null {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      demixer: { type: "string", multiple: true, default: ["hpss"] },
      teacher: { type: "string", default: "harmonix-all" },
      "weights-dir": { type: "string" },
      seeds: { type: "string", default: "0-999999999" },
      threads: { type: "string" },
      "delete-audio": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [folder] = positionals;
  const [first = NaN, last = first] = values.seeds.split("-").map(Number);
  if (values.help || folder === undefined || !(first <= last)) return null;
  return {
    folder,
    demixers: values.demixer,
    teacher: values.teacher,
    seeds: [first, last],
    deleteAudio: values["delete-audio"],
    ...(values["weights-dir"] !== undefined && { weightsDir: values["weights-dir"] }),
    ...(values.threads !== undefined && { threads: Number(values.threads) }),
  };
}

/** The mix as all four stems. */
async function spectrogramOfMix({ data, shape }: Tensor<"f32">): Promise<Tensor<"f32">> {
  const samples = shape[1] ?? 0;
  const rounded = Int16Array.from(data, (value) => {
    return Math.max(-32768, Math.min(32767, Math.round(value * 32768)));
  });
  const one = await spectrogram(tensor("i16", [1, 2, samples], rounded));
  const four = new Float32Array(4 * one.data.length);
  for (let stem = 0; stem < 4; stem++) four.set(one.data, stem * one.data.length);
  return tensor("f32", [4, ...one.shape.slice(1)], four);
}

async function spectrogramThrough(
  demixer: Demixer,
  mixture: Tensor<"f32">,
): Promise<Tensor<"f32">> {
  const seams = await runStages(
    { mixture },
    {
      model: Promise.resolve(networkModel("none", [])),
      embeddings: false,
      separation: { demixer: Promise.resolve(demixer), shifts: [0], stems: "mono" },
    },
    {},
    performance.now(),
    MADE_FROM_MIXTURE,
  );
  if (seams.spectrogram === undefined) throw new Error("The demixer made no stems");
  return seams.spectrogram;
}

async function spectrogramOfStems(folder: string): Promise<Tensor<"f32">> {
  const { stems16 } = await readStems(STEMS.map((stem) => join(folder, `${stem}.wav`)));
  return await spectrogram(stems16);
}

async function taught(
  trueStems: Tensor<"f32">,
  teacher: NetworkModel,
  threads?: number,
): Promise<Uint8Array> {
  const logits = await network(teacher, trueStems, {
    embeddings: false,
    ...(threads !== undefined && { threads }),
  });
  const rows = [logits.beat, logits.downbeat, logits.section, logits.function];
  const frames = logits.beat.data.length;
  const labels = logits.function.data.length / frames;
  return halfNpy([3 + labels, frames], rows.map(({ data }) => data));
}

/** Makes a thing when it is asked for first. */
function once<Thing>(make: () => Promise<Thing>): () => Promise<Thing> {
  let made: Promise<Thing> | undefined;
  return () => made ??= make();
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}

/** Makes what is missing of one song; says what it did. */
async function features(folder: string, call: Call, tools: Tools): Promise<string> {
  const did: string[] = [];
  const mixture = once(async () => (await readMixture(join(folder, "mix.wav"))).mixture);
  const trueStems = once(() => spectrogramOfStems(folder));
  const heard = async (name: string, demixer?: Demixer): Promise<Tensor<"f32">> => {
    if (demixer !== undefined) return await spectrogramThrough(demixer, await mixture());
    return name === MIX ? await spectrogramOfMix(await mixture()) : await trueStems();
  };
  for (const [name, demixer] of tools.demixers) {
    const path = join(folder, `spectrogram.${name}.npy`);
    if (await exists(path)) continue;
    const { shape, data } = await heard(name, demixer);
    await writeWhole(path, halfNpy(shape, [data]));
    did.push(name);
  }
  const path = join(folder, "teacher.npy");
  if (tools.teacher !== undefined && !await exists(path)) {
    await writeWhole(path, await taught(await trueStems(), tools.teacher, call.threads));
    did.push("teacher");
  }
  if (call.deleteAudio) {
    await Promise.all([...STEMS, "mix"].map((n) => rm(join(folder, `${n}.wav`), { force: true })));
  }
  return did.join(", ") || "already there";
}

interface Tools {
  readonly demixers: ReadonlyMap<string, Demixer | undefined>;
  readonly teacher: NetworkModel | undefined;
}

async function main(): Promise<number> {
  const call = understand(process.argv.slice(2));
  if (call === null) {
    console.error(HELP);
    return 2;
  }
  const folder = call.weightsDir === undefined ? {} : { weightsDir: call.weightsDir };
  const demixers = new Map<string, Demixer | undefined>();
  for (const name of call.demixers) {
    demixers.set(
      name,
      [MIX, TRUE_STEMS].includes(name) ? undefined : await loadDemixer(name, folder),
    );
  }
  const teacher = call.teacher === "none"
    ? undefined
    : networkModel(call.teacher, await loadModel(call.teacher, folder));
  const seeds = (await readdir(call.folder)).filter((name) => /^\d+$/.test(name)).map(Number)
    .filter((seed) => seed >= call.seeds[0] && seed <= call.seeds[1]).sort((a, b) => a - b);
  for (const seed of seeds) {
    const song = join(call.folder, String(seed));
    if (!await exists(join(song, "truth.json"))) continue;
    const start = performance.now();
    const did = await features(song, call, { demixers, teacher });
    console.log(`${seed}: ${did}, ${((performance.now() - start) / 1000).toFixed(2)} s`);
  }
  return 0;
}

if (import.meta.main) process.exit(await main());
