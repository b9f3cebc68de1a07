/**
 * When a night alerts: the settings in `regression.toml`.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { parse } from "smol-toml";
import { STAGE_NAMES } from "./stage_names.ts";

/** What a night is compared with. */
export const BASELINES = ["previous", "rolling", "pinned"] as const;

/** The name of a baseline. */
export type BaselineKind = typeof BASELINES[number];

/** When a night alerts. */
export interface RegressionSettings {
  /** The night before, the last nights together, or one that was chosen. */
  readonly baseline: BaselineKind;
  /** How many nights the rolling baseline has. */
  readonly nights: number;
  /** Below which probability a difference is not chance, 0 to 1. */
  readonly alpha: number;
  /** Seconds of a pass below which a stage is too short to alert. */
  readonly minimumSeconds: number;
  /** How much slower a stage must be, 0.05 for 5 %. */
  readonly minimum: number;
  /** The same of stages that have their own; it counts for steps as well. */
  readonly minimums: Readonly<Record<string, number>>;
  /** How far the nights' own medians lie apart. */
  readonly spread: {
    /** So many nights tell. */
    readonly nights: number;
    /** So many deviations of the nights a median must lie above them. */
    readonly factor: number;
    /** The deviation that is assumed before there are nights, 0.015 for 1.5 %. */
    readonly assumed: number;
    /** So many nights the assumption weighs. */
    readonly weight: number;
  };
  /** Lasting changes in the history. */
  readonly steps: {
    /** As above. */
    readonly alpha: number;
    /** As above, of stages without their own. */
    readonly minimum: number;
    /** For so many nights a step is new. */
    readonly newNights: number;
  };
  /** Seams within tolerance whose error grows. */
  readonly parity: {
    /** Times the error before. */
    readonly growth: number;
    /** Errors up to this do not matter. */
    readonly floor: number;
  };
  /** Measures of the results. */
  readonly quality: {
    /** By how much a measure may fall. */
    readonly fall: number;
  };
}

/** What counts where the file says nothing; `regression.toml` of this repository says the same. */
export const DEFAULT_REGRESSION_SETTINGS: RegressionSettings = {
  baseline: "rolling",
  nights: 10,
  alpha: 0.01,
  minimumSeconds: 0.002,
  minimum: 0.05,
  minimums: {
    start: 0.1,
    "demixer weights": 0.3,
    weights: 0.15,
    activations: 0.2,
    functional: 0.2,
    write: 0.3,
  },
  spread: { nights: 30, factor: 4, assumed: 0.02, weight: 5 },
  steps: { alpha: 0.0001, minimum: 0.03, newNights: 7 },
  parity: { growth: 10, floor: 1e-8 },
  quality: { fall: 0.01 },
};

/** The settings cannot be used; the message names the key. */
export class SettingsError extends Error {
  /** The class's name, for those who read errors as text. */
  override name = "SettingsError";
}

/**
 * Reads settings from a file.
 *
 * @param path a `regression.toml`
 * @throws {SettingsError} as {@linkcode parseRegressionSettings}, or if the file cannot be read
 */
export async function readRegressionSettings(path: string): Promise<RegressionSettings> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new SettingsError(`Cannot read the settings ${path}: ${reason(cause)}`, { cause });
  }
  return parseRegressionSettings(text, path);
}

/**
 * Reads settings from TOML.
 *
 * @param text the file; what it leaves out is as in {@linkcode DEFAULT_REGRESSION_SETTINGS}
 * @param name of the file, for errors
 * @throws {SettingsError} if it is not TOML, has a key that does not exist, or a value of another type or range
 */
export function parseRegressionSettings(
  text: string,
  name = "regression.toml",
): RegressionSettings {
  let source: unknown;
  try {
    source = parse(text);
  } catch (cause) {
    throw new SettingsError(`${name} is not TOML: ${reason(cause)}`, { cause });
  }
  const top = new Table(source, name, "");
  const standard = DEFAULT_REGRESSION_SETTINGS;
  const minimum = top.table("minimum");
  const spread = top.table("spread");
  const steps = top.table("steps");
  const parity = top.table("parity");
  const quality = top.table("quality");
  const settings = {
    baseline: top.oneOf("baseline", BASELINES, standard.baseline),
    nights: top.number("nights", standard.nights, NIGHTS),
    alpha: top.number("alpha", standard.alpha, PROBABILITY),
    minimumSeconds: top.number("minimum_seconds", standard.minimumSeconds, { from: 0, to: 3600 }),
    minimum: minimum.number("default", standard.minimum, RATIO),
    minimums: Object.fromEntries(STAGE_NAMES.flatMap((stage) => {
      const value = minimum.number(stage, standard.minimums[stage] ?? null, RATIO);
      return value === null ? [] : [[stage, value]];
    })),
    spread: {
      nights: spread.number("nights", standard.spread.nights, NIGHTS),
      factor: spread.number("factor", standard.spread.factor, { from: 0, to: 100 }),
      assumed: spread.number("assumed", standard.spread.assumed, RATIO),
      weight: spread.number("weight", standard.spread.weight, { from: 0, to: 1000 }),
    },
    steps: {
      alpha: steps.number("alpha", standard.steps.alpha, PROBABILITY),
      minimum: steps.number("minimum", standard.steps.minimum, RATIO),
      newNights: steps.number("new_nights", standard.steps.newNights, NIGHTS),
    },
    parity: {
      growth: parity.number("growth", standard.parity.growth, { from: 1, to: 1e6 }),
      floor: parity.number("floor", standard.parity.floor, { from: 0, to: 1 }),
    },
    quality: { fall: quality.number("fall", standard.quality.fall, { from: 0, to: 1 }) },
  };
  for (const table of [top, minimum, spread, steps, parity, quality]) table.end();
  return settings;
}

/** Limits of a number, both included. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly isWhole?: true;
}

/** Permutations are counted, so that a smaller one could never be reached. */
const PROBABILITY: Range = { from: 0.00001, to: 0.5 };

const NIGHTS: Range = { from: 1, to: 1000, isWhole: true };

const RATIO: Range = { from: 0, to: 10 };

/** A table of the file, which knows what was asked of it. */
class Table {
  readonly #values: Map<string, unknown>;
  readonly #file: string;
  readonly #prefix: string;

  constructor(values: unknown, file: string, prefix: string) {
    this.#values = new Map(Object.entries(values as object));
    this.#file = file;
    this.#prefix = prefix;
  }

  table(key: string): Table {
    const value = this.#take(key) ?? {};
    if (typeof value !== "object" || Array.isArray(value) || value instanceof Date) {
      this.#refuse(key, "a table", value);
    }
    return new Table(value, this.#file, `${this.#prefix}${key}.`);
  }

  oneOf<Name extends string>(key: string, names: readonly Name[], standard: Name): Name {
    const value = this.#take(key) ?? standard;
    return names.find((name) => name === value) ?? this.#refuse(key, names.join(" or "), value);
  }

  number<Standard extends number | null>(
    key: string,
    standard: Standard,
    { from, to, isWhole }: Range,
  ): number | Standard {
    const value = this.#take(key);
    if (value === undefined) return standard;
    const fits = typeof value === "number" && value >= from && value <= to;
    if (fits && (!isWhole || Number.isInteger(value))) return value;
    return this.#refuse(key, `a ${isWhole ? "whole " : ""}number from ${from} to ${to}`, value);
  }

  /** To be called when all that exists has been asked for. */
  end(): void {
    const [key] = this.#values.keys();
    if (key === undefined) return;
    throw new SettingsError(`${this.#file} has an unknown key ${this.#prefix}${key}: remove it`);
  }

  #take(key: string): unknown {
    const value = this.#values.get(key);
    this.#values.delete(key);
    return value;
  }

  #refuse(key: string, expected: string, value: unknown): never {
    const found = typeof value === "number" ? String(value) : JSON.stringify(value);
    throw new SettingsError(
      `${this.#file}: ${this.#prefix}${key} expects ${expected}, but has ${found}`,
    );
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message.trim() : String(cause);
}
