/**
 * Thresholds of a decision, as `regression.toml` gives them.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { parse } from "smol-toml";
import { z } from "zod";
import { reasonOf } from "../core/reason.ts";
import { STAGE_TABLE } from "../pipeline/stages.ts";
import { TOTAL } from "./run_report.ts";

/** Names of all timed stages in the order of the data, then of the whole. */
export const STAGE_NAMES: readonly string[] = [...STAGE_TABLE.map(({ name }) => name), TOTAL];

/** Kinds of a baseline. */
export const BASELINES = ["previous", "rolling", "pinned"] as const;

/** Kind of a baseline: the previous run, the last runs together, or the pinned one. */
export type BaselineKind = typeof BASELINES[number];

/** What decides on stages: seconds, or instructions where they were counted. */
export const DECIDING_MEASURES = ["seconds", "instructions"] as const;

/** Thresholds of a decision. */
export interface RegressionSettings {
  /** What decides on stages; where instructions were not counted, seconds do. */
  readonly decideBy: typeof DECIDING_MEASURES[number];
  /** Thresholds of instructions, which vary less than seconds. */
  readonly instructions: {
    /** Smallest growth that alerts, 0.015 for 1.5 %. */
    readonly minimum: number;
    /** Number of deviations that a median must lie above the baseline. */
    readonly factor: number;
    /** Deviation between runs that is assumed before there are runs. */
    readonly assumed: number;
  };
  /** Kind of the baseline. */
  readonly baseline: BaselineKind;
  /** Number of runs of the rolling baseline. */
  readonly nights: number;
  /** Probability below which a difference is significant, 0 to 1. */
  readonly alpha: number;
  /** Seconds of a pass below which a stage is too short to alert. */
  readonly minimumSeconds: number;
  /** Smallest slowdown that alerts, 0.05 for 5 %. */
  readonly minimum: number;
  /** Smallest slowdown of stages that have their own, also for change points. */
  readonly minimums: Readonly<Record<string, number>>;
  /** Differences between runs without a change of the program. */
  readonly spread: {
    /** Number of runs that the deviation is taken from. */
    readonly nights: number;
    /** Number of deviations that a median must lie above the baseline. */
    readonly factor: number;
    /** Deviation that is assumed before there are runs, 0.015 for 1.5 %. */
    readonly assumed: number;
    /** Share of the deviation between the passes of a run that is assumed between runs, where that is more. */
    readonly ofPasses: number;
    /** Weight of the assumption, in runs. */
    readonly weight: number;
  };
  /** Change points in the history. */
  readonly changePoints: {
    /** Probability below which a change point is significant, 0 to 1. */
    readonly alpha: number;
    /** Smallest slowdown that alerts, of stages without their own. */
    readonly minimum: number;
    /** Number of runs for which a change point is new. */
    readonly newNights: number;
  };
  /** Seams within tolerance whose error grows. */
  readonly parity: {
    /** Growth of the error that alerts, as a factor. */
    readonly growth: number;
    /** Error up to which growth is ignored. */
    readonly floor: number;
  };
  /** Changes for the better that are reported, since a computation may have been skipped. */
  readonly improvement: {
    /** Factor by which a seam becomes more exact. */
    readonly exact: number;
    /** Share of the time by which a stage becomes faster, 0 to 1. */
    readonly faster: number;
  };
  /** Measures of the results. */
  readonly quality: {
    /** Fall of a measure that alerts. */
    readonly fall: number;
  };
}

/** Defaults of stages that have their own minimum. */
const MINIMUMS: Readonly<Record<string, number>> = {
  start: 0.1,
  "demixer weights": 0.3,
  weights: 0.15,
  activations: 0.2,
  functional: 0.2,
  write: 0.3,
};

const ratio = number(0, 10);
const runCount = number(1, 1000, true);
// Lower limit: a permutation test cannot reach smaller probabilities.
const probability = number(0.00001, 0.5);

/** Returns the schema of the settings of a pipeline with these stages. */
// deno-lint-ignore explicit-function-return-type
function schemaOf(stages: readonly string[]) {
  return z.strictObject({
    decide_by: z.enum(DECIDING_MEASURES, { error: expects(DECIDING_MEASURES.join(" or ")) })
      .default("seconds"),
    instructions: table({
      minimum: ratio.default(0.015),
      factor: number(0, 100).default(3),
      assumed: ratio.default(0.005),
    }),
    baseline: z.enum(BASELINES, { error: expects(BASELINES.join(" or ")) }).default("rolling"),
    nights: runCount.default(10),
    alpha: probability.default(0.01),
    minimum_seconds: number(0, 3600).default(0.002),
    minimum: table({
      default: ratio.default(0.05),
      ...Object.fromEntries(stages.map((stage) => [stage, ratio.optional()])),
    }),
    spread: table({
      nights: runCount.default(30),
      factor: number(0, 100).default(4),
      assumed: ratio.default(0.02),
      of_passes: ratio.default(1),
      weight: number(0, 1000).default(5),
    }),
    steps: table({
      alpha: probability.default(0.0001),
      minimum: ratio.default(0.03),
      new_nights: runCount.default(7),
    }),
    parity: table({ growth: number(1, 1e6).default(10), floor: number(0, 1).default(1e-8) }),
    improvement: table({
      exact: number(1, 1e6).default(10),
      faster: number(0, 1).default(0.3),
    }),
    quality: table({ fall: number(0, 1).default(0.01) }),
  });
}

/** Settings of an empty file; `regression.toml` of this repository gives the same. */
export const DEFAULT_REGRESSION_SETTINGS: RegressionSettings = settingsOf(
  schemaOf(STAGE_NAMES).parse({}),
);

/** The settings cannot be used; the message names the key. */
export class SettingsError extends Error {
  /** Name of the class in printed errors. */
  override name = "SettingsError";
}

/**
 * Reads settings from a file.
 *
 * @param path a `regression.toml`
 * @param stages names of the stages of a described pipeline
 * @throws {SettingsError} as {@linkcode parseRegressionSettings}, or if the file cannot be read
 */
export async function readRegressionSettings(
  path: string,
  stages: readonly string[] = [],
): Promise<RegressionSettings> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new SettingsError(`Cannot read the settings ${path}: ${reasonOf(cause).trim()}`, {
      cause,
    });
  }
  return parseRegressionSettings(text, path, stages);
}

/**
 * Reads settings from TOML.
 *
 * @param text content of the file; missing keys are as in {@linkcode DEFAULT_REGRESSION_SETTINGS}
 * @param name name of the file, for errors
 * @param stages names of the stages of a described pipeline, which may have a minimum as those of this program
 * @throws {SettingsError} if it is not TOML, has an unknown key, or a value of another type or range
 */
export function parseRegressionSettings(
  text: string,
  name = "regression.toml",
  stages: readonly string[] = [],
): RegressionSettings {
  let source: unknown;
  try {
    source = parse(text);
  } catch (cause) {
    throw new SettingsError(`${name} is not TOML: ${reasonOf(cause).trim()}`, { cause });
  }
  const { data, error } = schemaOf([...STAGE_NAMES, ...stages]).safeParse(source);
  if (error === undefined) return settingsOf(data);
  const issue = error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    const key = [...issue.path, issue.keys[0]].join(".");
    throw new SettingsError(`${name} has an unknown key ${key}: remove it`);
  }
  throw new SettingsError(`${name}: ${issue.path.join(".")} ${issue.message}`);
}

function settingsOf(
  { decide_by, minimum_seconds, minimum, steps, spread, ...same }: z.output<
    ReturnType<typeof schemaOf>
  >,
): RegressionSettings {
  const { default: standard, ...minimums } = minimum;
  const { new_nights, ...ofChangePoints } = steps;
  const { of_passes, ...ofSpread } = spread;
  return {
    ...same,
    decideBy: decide_by,
    minimumSeconds: minimum_seconds,
    minimum: standard,
    minimums: { ...MINIMUMS, ...minimums },
    spread: { ...ofSpread, ofPasses: of_passes },
    changePoints: { ...ofChangePoints, newNights: new_nights },
  };
}

/** Returns the schema of a number between two limits, both included. */
function number(from: number, to: number, isWhole = false): z.ZodType<number> {
  return z.custom<number>(
    (value) =>
      typeof value === "number" && value >= from && value <= to &&
      (!isWhole || Number.isInteger(value)),
    { error: expects(`a ${isWhole ? "whole " : ""}number from ${from} to ${to}`) },
  );
}

/** Returns the schema of a table that may be missing. */
function table<Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodPrefault<
  z.ZodPipe<z.ZodCustom<Record<string, unknown>>, z.ZodObject<Shape, z.core.$strict>>
> {
  const isTable = (value: unknown): boolean =>
    Object.prototype.toString.call(value) === "[object Object]";
  return z.custom<Record<string, unknown>>(isTable, { error: expects("a table") })
    .pipe(z.strictObject(shape)).prefault({});
}

function expects(expected: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => {
    const found = typeof input === "number" ? String(input) : JSON.stringify(input);
    return `expects ${expected}, but has ${found}`;
  };
}
