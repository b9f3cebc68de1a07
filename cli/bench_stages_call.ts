/**
 * What the command line of `bench` asks for, where stages are timed by themselves.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { PeerPythons } from "../reports/measure/bench.ts";
import { fixturesDirectory } from "../parity/manifest.ts";
import { type Backend, BACKENDS } from "../pipeline/backends/backend.ts";
import { STAGES } from "../pipeline/stages.ts";
import { oneOf } from "./one_of.ts";
import { parsedArgs } from "./parsed_args.ts";
import { threadCount } from "./thread_count.ts";
import { wholeNumber } from "./whole_number.ts";

/** What can be timed: every stage, the program from stems to result, and its start. */
const TIMED: readonly string[] = [...STAGES.map(({ name }) => name), "analyze", "start"];

/** Where the weights of all eight folds can come from. */
const MODELS = ["seeded-all", "harmonix-all"] as const;

/** The part of `bench --help` on stages by themselves. */
export const BENCH_STAGES_HELP =
  `With --stage or --peers, stages are timed by themselves, with weights that need no download unless
told otherwise; the original programs run in the same rounds: everybody once a round, each round
another one first.

      --stage NAME         only this; may be given several times. A stage,
                           ${STAGES.map(({ name }) => name).join(", ")};
                           analyze: the whole program from stems to result, a fresh process;
                           start: until the program has read its arguments, beside an empty script
      --peers              also time demucs, madmom, NATTEN and allin1, and all-in-one-infer where
                           there is one
      --peer-python FILE   a Python that has them, as fixtures/upstream/install.sh makes it
                           (default: fixtures/upstream/.venv/bin/python)
      --infer-python FILE  a Python that has all-in-one-infer, as install_infer.sh there makes it
                           (default: fixtures/upstream/.venv-infer/bin/python, if it exists)
      --backend NAME       only this backend of the networks, ${BACKENDS.join(" or ")}
      --stems-dir DIR      the stems of a track (default: the demo piece)
      --seconds N          the track is repeated until it is this long (default: 155)
  -m, --model NAME         ${MODELS.join(" (default) or ")}
      --weights-dir DIR    folder with the published weights, as in analyze
      --demixer NAME       as in analyze (default: seeded-htdemucs)
      --segments N         of the demo mix, 5.85 s each, 1 to 7, for demix (default: 3)
      --rounds N           rounds that count (default: 5)
      --threads N          threads of the networks and of torch (default: one for each core)
      --export-json FILE   also write all times as JSON`;

const OPTIONS = {
  stage: { type: "string", multiple: true },
  peers: { type: "boolean", default: false },
  "peer-python": { type: "string" },
  "infer-python": { type: "string" },
  backend: { type: "string", multiple: true },
  "stems-dir": { type: "string" },
  seconds: { type: "string", default: "155" },
  model: { type: "string", short: "m", default: "seeded-all" },
  "weights-dir": { type: "string" },
  demixer: { type: "string", default: "seeded-htdemucs" },
  segments: { type: "string", default: "3" },
  rounds: { type: "string", default: "5" },
  threads: { type: "string" },
  "export-json": { type: "string" },
} as const;

/** A call that makes sense. */
export interface BenchStagesCall {
  readonly stages: readonly string[];
  readonly backends: readonly Backend[];
  readonly peers?: PeerPythons;
  readonly stemsDirectory: string;
  readonly seconds: number;
  readonly model: string;
  readonly weightsDir?: string;
  readonly demixer: string;
  readonly segments: number;
  readonly rounds: number;
  readonly threads: number;
  readonly exportJson?: string;
}

/**
 * Reads a command line.
 *
 * @param args what follows `bench`
 * @throws {UsageError} if an option is unknown or has a wrong value
 */
export function understandBenchStages(args: readonly string[]): BenchStagesCall {
  const { values } = parsedArgs("bench", { args: [...args], options: OPTIONS });
  const weightsDir = values["weights-dir"];
  const exportJson = values["export-json"];
  return {
    stages: values.stage?.map((name) => oneOf("stage", name, TIMED)) ?? TIMED,
    backends: values.backend?.map((name) => oneOf("backend", name, BACKENDS)) ?? BACKENDS,
    ...(values.peers && { peers: pythons(values["peer-python"], values["infer-python"]) }),
    stemsDirectory: values["stems-dir"] ?? join(fixturesDirectory, "audio", "four_four"),
    seconds: wholeNumber("seconds", values.seconds, 1, 7200),
    model: oneOf("model", values.model, MODELS),
    ...(weightsDir !== undefined && { weightsDir }),
    demixer: values.demixer,
    segments: wholeNumber("segments", values.segments, 1, 7),
    rounds: wholeNumber("rounds", values.rounds, 1, 1000),
    threads: values.threads === undefined ? cpus().length : threadCount(values.threads),
    ...(exportJson !== undefined && { exportJson }),
  };
}

/** Those that were named, or those that the scripts make unless told otherwise. */
function pythons(allin1: string | undefined, infer: string | undefined): PeerPythons {
  const made = (environment: string): string =>
    join(fixturesDirectory, "upstream", environment, "bin", "python");
  const inferPython = infer ?? made(".venv-infer");
  return {
    allin1: allin1 ?? made(".venv"),
    ...((infer !== undefined || existsSync(inferPython)) && { infer: inferPython }),
  };
}
