/**
 * Options that several commands share.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { CALL, PROGRAM_FOLDER } from "../core/program.ts";
import { UsageError } from "../core/usage_error.ts";
import type { FloatTolerance } from "../parity/mod.ts";
import { type Backend, backendOf, BACKENDS } from "../pipeline/backends/backend.ts";
import type { AudioOptions } from "../pipeline/mod.ts";
import { MOST_OVERLAP, OVERLAP } from "../kernels/overlap.ts";
import { type Precision, PRECISIONS } from "../kernels/precision.ts";
import { DEVICE_NAMES } from "../pipeline/backends/devices.ts";
import { NORMALIZED_DB, STEMS_PADDING_SECONDS } from "../pipeline/levels.ts";
import {
  type ArgumentType,
  expected,
  numberFrom,
  oneOf,
  OUTPUT_FILE,
  text,
  tolerance,
  wholeNumber,
} from "./argument_types.ts";
import { flag, option, type OptionSpec, type Values } from "./command.ts";

/** The name that leaves the choice of a model or demixer to the program. */
export const AUTO = "auto";

/** The environment variable that names a mirror of the published weights. */
export const BASE_URL_VARIABLE = "TACTUS_MODELS_BASE_URL";

/** Weights, backend, device and threads of the networks. */
export const COMPUTE_OPTIONS = {
  weightsDir: option(
    text("dir"),
    "folder with the published weights",
  ).shownDefault(`$TACTUS_MODELS_DIR, else the folder that ${CALL} models path prints`),
  backend: option(
    oneOf("name", BACKENDS),
    "backend of the networks: the Rust kernels, or ONNX Runtime",
  ).shownDefault("native on the cpu, onnx on all other devices"),
  device: option(
    oneOf("name", DEVICE_NAMES),
    "device of ONNX Runtime",
  ).short("d").default("cpu"),
  threads: option(
    wholeNumber(1, 1024),
    "threads of the networks",
  ).shownDefault("one for each core"),
} as const;

/** Precision of the separation network. */
export const PRECISION: OptionSpec<Precision> = option(
  oneOf("name", PRECISIONS),
  "precision of the products of a separation network on the backend native: f32, or bf16 (bfloat16 with sums in " +
    "f32), which is faster on processors with AVX512-BF16 and has a signal-to-noise ratio of about 36 dB",
).default(PRECISIONS[0]!);

/** The demixer and the model. */
export const WEIGHTS_OPTIONS = {
  model: option(
    text("name"),
    "model that finds beats and segments: harmonix-all (the published eight folds), " +
      "harmonix-fold0 to 7, embedded (a small model that is part of this program), seeded-all and " +
      "seeded-fold0 to 7 (untrained), or auto: the first of harmonix-all and the folds that is installed, else embedded",
  ).short("m").default(AUTO),
  demixer: option(
    text("name"),
    "demixer that separates a mix: htdemucs (the published network), htdemucs_ft (four networks, each " +
      "tuned for one stem: four times the time), htdemucs_6s (six sources, of which guitar and piano are " +
      "added to other), hpss (median filters, no " +
      "weights), hpss-mix (bass and drums of hpss, the mix itself as other and as vocals), " +
      "seeded-htdemucs (untrained), a file of HTDemucs weights that ends in .th or .safetensors, " +
      "or auto: htdemucs where it is installed, else hpss-mix",
  ).default(AUTO),
} as const;

/** Largest number of passes. */
const MOST_SHIFTS = 100;

const SEED: ArgumentType<number> = {
  name: "seed",
  range: "a whole number below 2^32, or random",
  parse(text, option): number {
    if (text === "random") return crypto.getRandomValues(new Uint32Array(1))[0]!;
    const seed = Number(text);
    if (/^\d+$/.test(text) && seed < 2 ** 32) return seed;
    throw expected(option, "random or a whole number below 2^32", text);
  },
};

/** Passes of the demixer over a mix, and the overlap of their segments. */
export const SHIFT_OPTIONS = {
  shifts: option(
    wholeNumber(0, MOST_SHIFTS),
    "passes over a mix, each shifted by up to half a second, of which the mean is taken; 0 is one " +
      "pass without a shift",
  ).default(1),
  demixSeed: option(SEED, "seed that the shifts are drawn from").default(0),
  overlap: option(
    numberFrom("share", 0, MOST_OVERLAP),
    "share of a segment of the separation network that overlaps the next one; more takes longer",
  ).default(OVERLAP),
} as const;

/** How audio is read: through ffmpeg or not, and how much louder. */
export const AUDIO_OPTIONS = {
  noFfmpeg: flag(
    "do not use ffmpeg, which by default, where it is on the PATH, decodes formats that have no built-in decoder",
  ),
  gain: option(
    numberFrom("db", -100, 100),
    "gain of the audio before the analysis, in decibels; for quiet audio",
  ),
  normalize: flag(
    "gain that brings the largest sample of the mix, or of all stems, to " +
      `${NORMALIZED_DB} dB of full scale`,
  ),
} as const;

/** The limit of the padding of stems. */
export const STEMS_PADDING: OptionSpec<number | undefined> = option(
  numberFrom("seconds", 0, 3600),
  "silence that is added at most to stems shorter than the longest; up to two frames (0.02 s) are always added",
).shownDefault(String(STEMS_PADDING_SECONDS));

/** Most seconds in a time: more than twelve hours, the length of the longest track. */
const MOST_SECONDS = 50_000;

/** A time in the track: seconds, or hours, minutes and seconds with colons. */
const TIME: ArgumentType<number> = {
  name: "time",
  range: "seconds, or minutes or hours before them with colons: 90, 1:30, 1:02:30.5",
  parse(text, option): number {
    const fields = text.split(":").map(Number);
    // What follows a colon is below 60: 1:75 is a slip.
    const isTime = /^(?:\d+:){0,2}(?:\d*\.?\d+|\d+\.)$/.test(text) &&
      fields.slice(1).every((field) => field < 60);
    const time = fields.reduce((sum, field) => 60 * sum + field, 0);
    if (isTime && time <= MOST_SECONDS) return time;
    throw expected(option, "a time such as 90, 1:30 or 1:02:30.5", text);
  },
};

/** The part of a track that is analysed. */
export const PART_OPTIONS = {
  start: option(
    TIME,
    "start of the part that is analysed; times in the results are those of the whole track",
  )
    .shownDefault("the start of the track"),
  end: option(TIME, "end of the part that is analysed").shownDefault("the end of the track"),
} as const;

/** Tolerances of float seams. */
export const TOLERANCE_OPTIONS = {
  atol: option(tolerance(), "absolute tolerance of floats").shownDefault("1e-6"),
  rtol: option(tolerance(), "relative tolerance of floats, added to --atol").shownDefault("1e-6"),
} as const;

/** The report of a command as JSON. */
export const EXPORT_JSON: OptionSpec<string | undefined> = option(
  OUTPUT_FILE,
  "also write all figures as JSON",
);

/** The history of runs, an SQLite file. */
export const HISTORY: OptionSpec<string> = option(text("file"), "history, an SQLite file")
  .default("./nightly/history.sqlite");

/** The thresholds of a regression. */
export const SETTINGS: OptionSpec<string> = option(text("file"), "thresholds of a regression")
  .default(join(PROGRAM_FOLDER, "regression.toml"), "that of the program");

/** Throws {@linkcode UsageError} if there is no history at a path. */
export async function ensureHistory(path: string): Promise<void> {
  if (await stat(path).then(() => true, () => false)) return;
  throw new UsageError(`There is no history ${path}: name another with --history`);
}

/**
 * Returns the tolerance that {@linkcode TOLERANCE_OPTIONS} set; what is absent keeps its default.
 *
 * @param values values of the options
 */
export function toleranceOf({ atol, rtol }: Values<typeof TOLERANCE_OPTIONS>): FloatTolerance {
  return {
    ...(atol !== undefined && { absolute: atol }),
    ...(rtol !== undefined && { relative: rtol }),
  };
}

/**
 * Returns how audio is read.
 *
 * @param values values of the options
 * @throws {UsageError} if two gains are given, or the end is not after the start
 */
export function audioOf(
  values:
    & Partial<Values<typeof AUDIO_OPTIONS>>
    & Values<typeof PART_OPTIONS>
    & { readonly stemsPadding?: number },
): AudioOptions {
  const { noFfmpeg, gain, normalize, stemsPadding, start, end } = values;
  if (end !== undefined && end <= (start ?? 0)) {
    throw new UsageError(`Expected --end after --start, but got ${end} s and ${start ?? 0} s`);
  }
  if (normalize && gain !== undefined) {
    throw new UsageError("Expected --gain or --normalize, but got both");
  }
  return {
    ffmpeg: !noFfmpeg,
    ...(gain !== undefined && { gain }),
    ...(normalize && { gain: "normalize" as const }),
    ...(stemsPadding !== undefined && { stemsPaddingSeconds: stemsPadding }),
    ...((start ?? end) !== undefined && {
      part: {
        ...(start !== undefined && { startSeconds: start }),
        ...(end !== undefined && { endSeconds: end }),
      },
    }),
  };
}

/**
 * Checks that a precision is one of the backend.
 *
 * @param precision value of `--precision`
 * @param backend backend of the networks
 * @throws {UsageError} if the backend has another precision only
 */
export function checkPrecision(precision: Precision, backend: Backend): void {
  if (precision === "f32" || backend === "native") return;
  throw new UsageError(`--precision ${precision} needs --backend native, but got ${backend}`);
}

/**
 * Returns the backend for a device.
 *
 * @param backend value of `--backend`; absent for the default of the device
 * @param device value of `--device`
 * @throws {UsageError} if the backend cannot compute on the device
 */
export function backendOn(device: string, backend?: Backend): Backend {
  if (backend === "native" && device !== "cpu") {
    throw new UsageError(`--backend native computes on the cpu only, not on ${device}`);
  }
  return backend ?? backendOf({ device });
}
