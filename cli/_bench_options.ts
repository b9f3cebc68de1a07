/**
 * Options of the commands that time whole analyses, and the preparation of their measurements.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { withScratchFolder } from "../core/scratch_folder.ts";
import { type Backend, BACKENDS } from "../pipeline/backends/backend.ts";
import { DEVICE_NAMES } from "../pipeline/backends/devices.ts";
import type { TrackBenchOptions, Variant } from "../reports/mod.ts";
import { oneOf, text, wholeNumber } from "./argument_types.ts";
import { option, pick, type Values } from "./command.ts";
import { AUDIO_OPTIONS, audioOf, AUTO, backendOn, COMPUTE_OPTIONS } from "./_options.ts";
import type { StatusLine } from "./status_line.ts";

const DEFAULT_BACKEND: Backend = "native";

/** Options of the commands that time whole analyses; absent names of weights stand for `auto`. */
export const TRACK_OPTIONS = {
  model: option(text("name"), "model as in analyze").short("m").shownDefault(AUTO),
  demixer: option(text("name"), "demixer as in analyze").shownDefault(AUTO),
  weightsDir: COMPUTE_OPTIONS.weightsDir,
  noFfmpeg: AUDIO_OPTIONS.noFfmpeg,
  backend: option(
    oneOf("name", BACKENDS),
    "backend of the networks",
  ).repeated().shownDefault(DEFAULT_BACKEND),
  device: option(
    oneOf("name", DEVICE_NAMES),
    "device of ONNX Runtime; all but the cpu imply --backend onnx",
  ).short("d").repeated().shownDefault("cpu"),
  threads: COMPUTE_OPTIONS.threads.repeated(),
  warmUps: option(wholeNumber(1, 1000), "rounds that do not count").default(1),
  rounds: option(wholeNumber(1, 1000), "rounds that count").default(5),
  seed: option(
    wholeNumber(0, 2 ** 32 - 1),
    "seed of the order of the measurements, which is recorded",
  ).shownDefault("the clock"),
} as const;

/**
 * Prepares the measurements: finds the tracks, chooses the weights, and makes a folder for the results of the analyses,
 * which is removed afterwards.
 *
 * @param values values of {@linkcode TRACK_OPTIONS}
 * @param paths tracks; none for the demo pieces
 * @param status shows which measurement runs
 * @param work measures
 * @throws {CorpusError | ModelError} if there are no tracks, or weights are unknown
 */
export async function withBench<Result>(
  values: Values<typeof TRACK_OPTIONS>,
  paths: readonly string[],
  status: StatusLine,
  work: (options: TrackBenchOptions) => Promise<Result>,
): Promise<Result> {
  const { model = AUTO, demixer = AUTO, warmUps, rounds, seed = Date.now() % 2 ** 32 } = values;
  const { checkNames, chosenWeights } = await import("./_weights.ts");
  checkNames({ model, demixer });
  const { findCorpus } = await import("../reports/mod.ts");
  const tracks = await findCorpus(paths);
  const separates = tracks.some(({ stemsDirectory }) => stemsDirectory === undefined);
  const chosen = await chosenWeights({ model, demixer }, values, { demixer: separates });
  const weights = { ...pick(chosen, "demixer", "model"), ...pick(values, "weightsDir") };
  const variants = variantsOf(values);
  const audio = audioOf(values);
  const onTurn = (text: string): void => status.show(text);
  return await withScratchFolder(
    "tactus_bench_",
    (scratch) => work({ tracks, variants, weights, audio, warmUps, rounds, seed, scratch, onTurn }),
  );
}

function variantsOf(values: Values<typeof TRACK_OPTIONS>): Variant[] {
  const counts = [...new Set(values.threads ?? [availableParallelism()])];
  const ways = devicesOf(values, ["cpu"]).flatMap((device): Omit<Variant, "threads">[] =>
    device === "cpu"
      ? [...new Set(values.backend ?? [DEFAULT_BACKEND])]
        .map((backend) => ({ name: backend, backend }))
      : [{ name: `onnx on ${device}`, backend: "onnx", device }]
  );
  return ways.flatMap(({ name, ...way }) =>
    counts.map((threads) => ({
      name: `${name}, ${threads} ${threads === 1 ? "thread" : "threads"}`,
      ...{ ...way, threads },
    }))
  );
}

/**
 * Returns the named devices without repetition.
 *
 * @param values backends and devices
 * @param devices the devices if none is named
 * @throws {UsageError} if the named backends cannot compute on one of them
 */
export function devicesOf(
  { backend, device }: Pick<Values<typeof TRACK_OPTIONS>, "backend" | "device">,
  devices: readonly string[],
): string[] {
  const named = [...new Set(device ?? devices)];
  for (const one of named) {
    if (backend !== undefined && !backend.includes("onnx")) backendOn(one, backend[0]);
  }
  return named;
}
