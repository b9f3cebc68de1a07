/**
 * `bench`: times whole analyses, or single stages next to the original programs.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { withScratchFolder } from "../core/scratch_folder.ts";
import { UsageError } from "../core/usage_error.ts";
import { CALL, FIXTURES_FOLDER } from "../core/program.ts";
import { PRECISIONS } from "../kernels/precision.ts";
import { BACKENDS } from "../pipeline/backends/backend.ts";
import { STAGES } from "../pipeline/stages.ts";
import type { PeerPythons, RunReport } from "../reports/mod.ts";
import { devicesOf, TRACK_OPTIONS, withBench } from "./_bench_options.ts";
import { oneOf, text, wholeNumber } from "./argument_types.ts";
import { type Command, command, flag, option, optionName, pick, type Values } from "./command.ts";
import { audioOf } from "./_options.ts";
import { EXPORT_OPTIONS, writeExports } from "./_report_files.ts";
import { StatusLine } from "./status_line.ts";

/** Names for `--stage`: every stage, the whole program, and its start. */
const TIMED = [...STAGES.map(({ name }) => name), "analyze", "start"];

/** Models of which all eight folds are available. */
const STAGE_MODELS = oneOf("name", ["seeded-all", "harmonix-all"]);

const STAGE_OPTIONS = {
  stage: option(
    oneOf("name", TIMED),
    "time only this: a stage, analyze (the whole program from stems to result, a fresh process), or " +
      "start (until the program has read its arguments, next to an empty script)",
  ).repeated(),
  peers: flag(
    "time stages, also of demucs, madmom, NATTEN and allin1, and of all-in-one-infer and today's demucs, " +
      "demucs-infer and demucs-onnx where they are installed",
  ),
  peerPython: option(
    text("file"),
    "with --peers: Python with the original programs, as fixtures/upstream/install.sh makes it",
  ).shownDefault("fixtures/upstream/.venv/bin/python"),
  inferPython: option(
    text("file"),
    "with --peers: Python with all-in-one-infer, as fixtures/upstream/install_infer.sh makes it",
  ).shownDefault("fixtures/upstream/.venv-infer/bin/python, if it exists"),
  todayPython: option(
    text("file"),
    "with --peers: Python with today's demucs, demucs-infer and demucs-onnx, as fixtures/upstream/install_today.sh " +
      "makes it; for the stage demix with the demixer seeded-htdemucs",
  ).shownDefault("fixtures/upstream/.venv-today/bin/python, if it exists"),
  precision: option(
    oneOf("name", PRECISIONS),
    "of the stage demix: precision of the products on the backend native",
  ).repeated().shownDefault("f32, and bf16 where the processor has instructions for it"),
  stemsDir: option(text("dir"), "of stages: folder with the stems of the track")
    .default(join(FIXTURES_FOLDER, "audio", "four_four"), "the demo piece"),
  seconds: option(wholeNumber(1, 7200), "of stages: length that the track is repeated to")
    .default(155),
  segments: option(
    wholeNumber(1, 7),
    "of the stage demix: segments of the demo mix, 5.85 s each",
  ).default(3),
} as const;

const ANALYSIS_OPTIONS = {
  ...pick(TRACK_OPTIONS, "warmUps", "seed"),
  history: option(text("file"), "of whole analyses: also keep the run in this history (SQLite)"),
  ...pick(EXPORT_OPTIONS, "exportHtml", "exportMarkdown", "exportCsv", "exportBenchmark"),
} as const;

const OPTIONS = {
  ...TRACK_OPTIONS,
  model: TRACK_OPTIONS.model.help("model as in analyze; of stages seeded-all or harmonix-all")
    .shownDefault("auto, of stages seeded-all"),
  demixer: TRACK_OPTIONS.demixer.shownDefault("auto, of stages seeded-htdemucs"),
  backend: TRACK_OPTIONS.backend.shownDefault("native, of stages all"),
  device: TRACK_OPTIONS.device.shownDefault("cpu, of stages also every other one that is there"),
  ...ANALYSIS_OPTIONS,
  exportJson: EXPORT_OPTIONS.exportJson,
  ...STAGE_OPTIONS,
} as const;

/** The command `bench`. */
export const bench: Command = command({
  name: `${CALL} bench`,
  description:
    `Analyses tracks repeatedly, each time in a fresh process and in random order, and prints for each stage its time with a
confidence interval and its use of processor and memory.

With --stage or --peers it times single stages instead, with weights that need no download by default. The original
programs run in the same rounds, in an order that rotates from round to round.`,
  arguments: {
    "[track...]":
      "audio files, folders with a mix or four stems, or folders of these; without any the " +
      "demo pieces",
  },
  options: OPTIONS,
  run: async (values, tracks, given) => {
    const timesStages = values.stage !== undefined || values.peers;
    const others = timesStages ? ANALYSIS_OPTIONS : STAGE_OPTIONS;
    const wrong = Object.keys(others).find((name) => given.has(name));
    if (wrong !== undefined || (timesStages && tracks.length > 0)) {
      throw new UsageError(
        `${wrong === undefined ? "TRACK" : optionName(wrong)} ${
          timesStages ? "cannot be combined with" : "needs"
        } --stage or --peers; see ${CALL} bench --help`,
      );
    }
    const run = timesStages ? await benchStages(values) : await benchTracks(values, tracks);
    const { reportOfRun, terminalReport } = await import("../reports/mod.ts");
    const view = reportOfRun(run);
    console.log(terminalReport(view));
    await writeExports(view, values);
    return 0;
  },
});

async function benchTracks(
  values: Values<typeof OPTIONS>,
  paths: readonly string[],
): Promise<RunReport> {
  const { benchRun, History } = await import("../reports/mod.ts");
  const status = new StatusLine();
  return await withBench(values, paths, status, async (options) => {
    // Opened after the checks, so that a wrong call leaves no file behind.
    const history = values.history === undefined ? undefined : await History.open(values.history);
    try {
      return await benchRun(options, history);
    } finally {
      history?.close();
    }
  }).finally(() => status.clear());
}

async function benchStages(values: Values<typeof OPTIONS>): Promise<RunReport> {
  const { stageRun } = await import("../reports/mod.ts");
  const { hasBf16 } = await import("../kernels/mod.ts");
  const { stage: stages = TIMED } = values;
  const threads = values.threads?.at(-1) ?? availableParallelism();
  const peers = values.peers ? pythonsOf(values) : undefined;
  const model = STAGE_MODELS.parse(values.model ?? "seeded-all", "--model");
  const needsTrack = stages.some((stage) => stage !== "demix" && stage !== "start");
  if (peers && peers.infer === undefined && needsTrack) {
    console.error(
      "Without all-in-one-infer: fixtures/upstream/install_infer.sh makes a Python that has it",
    );
  }
  const devices = devicesOf(values, values.device === undefined ? await devicesThere(values) : []);
  const status = new StatusLine();
  return await withScratchFolder("tactus_bench_", (scratch) =>
    stageRun({
      ...{ stages, model, threads, scratch, audio: audioOf(values), ...(peers && { peers }) },
      ...{ backends: values.backend ?? BACKENDS, devices },
      precisions: values.precision ?? PRECISIONS.filter((name) => name === "f32" || hasBf16()),
      stemsDirectory: values.stemsDir,
      demixer: values.demixer ?? "seeded-htdemucs",
      ...pick(values, "seconds", "segments", "rounds", "weightsDir"),
      onProgress: (text) => status.show(text),
    })).finally(() => status.clear());
}

/** Returns the CPU and, for the backend onnx, the other devices of this machine; tells which it lacks. */
async function devicesThere(
  { backend = BACKENDS, stage: stages = TIMED }: Pick<Values<typeof OPTIONS>, "backend" | "stage">,
): Promise<string[]> {
  const runsNetwork = STAGES.some(({ isNetwork, name }) => isNetwork && stages.includes(name));
  if (!backend.includes("onnx") || !runsNetwork) return ["cpu"];
  const { probeDevices } = await import("../pipeline/mod.ts");
  const probed = await probeDevices();
  for (const { device, problem } of probed) {
    if (problem !== undefined) console.error(`Without ${device}: ${problem}`);
  }
  return ["cpu", ...probed.filter(({ problem }) => problem === undefined).map((one) => one.device)];
}

/** Returns the named interpreters, or those that the install scripts make. */
function pythonsOf(
  { peerPython, inferPython, todayPython }: Pick<
    Values<typeof OPTIONS>,
    "peerPython" | "inferPython" | "todayPython"
  >,
): PeerPythons {
  const made = (environment: string): string =>
    join(FIXTURES_FOLDER, "upstream", environment, "bin", "python");
  const infer = inferPython ?? made(".venv-infer");
  const today = todayPython ?? made(".venv-today");
  return {
    allin1: peerPython ?? made(".venv"),
    ...((inferPython !== undefined || existsSync(infer)) && { infer }),
    ...((todayPython !== undefined || existsSync(today)) && { today }),
  };
}
