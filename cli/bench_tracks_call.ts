/**
 * What the command line of `bench` asks for, where whole analyses are timed; `nightly` asks the same.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import type { ParseArgsConfig } from "node:util";
import { type Backend, BACKENDS } from "../pipeline/backends/backend.ts";
import type { Variant } from "../reports/run_report.ts";
import { DEFAULTS } from "./analyze_call.ts";
import { checkNames } from "./chosen_weights.ts";
import { oneOf } from "./one_of.ts";
import { threadCount } from "./thread_count.ts";
import { wholeNumber } from "./whole_number.ts";

/** Our own kernels. */
const DEFAULT_BACKEND: Backend = "native";

/** Options of every command that times whole analyses. */
export const TRACK_OPTIONS = {
  model: { type: "string", short: "m", default: DEFAULTS.model },
  demixer: { type: "string", default: DEFAULTS.demixer },
  "weights-dir": { type: "string" },
  backend: { type: "string", multiple: true },
  threads: { type: "string", multiple: true },
  "warm-ups": { type: "string", default: "1" },
  rounds: { type: "string", default: "5" },
  seed: { type: "string" },
} as const satisfies ParseArgsConfig["options"];

/** How these options are explained. */
export const TRACK_OPTIONS_HELP = `  -m, --model NAME         as in analyze
      --demixer NAME       as in analyze
      --weights-dir DIR    as in analyze
      --backend NAME       who computes the networks, ${
  BACKENDS.join(" or ")
}; several times for several
                           (default: ${DEFAULT_BACKEND})
      --threads N          threads of the networks; several times for several (default: one for each
                           core)
      --warm-ups N         rounds that do not count (default: 1)
      --rounds N           rounds that count (default: 5)
      --seed N             decides the order of the measurements (default: from the clock; it is kept)`;

/** The values of these options. */
interface Values {
  readonly model: string;
  readonly demixer: string;
  readonly "weights-dir"?: string | undefined;
  readonly backend?: readonly string[] | undefined;
  readonly threads?: readonly string[] | undefined;
  readonly "warm-ups": string;
  readonly rounds: string;
  readonly seed?: string | undefined;
}

/** What is to be measured. */
export interface TracksCall {
  /** Name of a model, or `auto`. */
  readonly model: string;
  /** Name of a demixer, or `auto`. */
  readonly demixer: string;
  readonly weightsDir?: string;
  readonly variants: readonly Variant[];
  readonly warmUps: number;
  readonly rounds: number;
  readonly seed: number;
}

/**
 * Understands the options.
 *
 * @throws {UsageError | ModelError} if one has a wrong value
 */
export function tracksCall(values: Values): TracksCall {
  checkNames(values);
  const weightsDir = values["weights-dir"];
  return {
    model: values.model,
    demixer: values.demixer,
    ...(weightsDir !== undefined && { weightsDir }),
    variants: variantsOf(values.backend ?? [DEFAULT_BACKEND], values.threads),
    warmUps: wholeNumber("warm-ups", values["warm-ups"], 1, 1000),
    rounds: wholeNumber("rounds", values.rounds, 1, 1000),
    seed: values.seed === undefined
      ? Date.now() % 2 ** 32
      : wholeNumber("seed", values.seed, 0, 2 ** 32 - 1),
  };
}

function variantsOf(
  backends: readonly string[],
  threads: readonly string[] | undefined,
): Variant[] {
  const counts = threads?.map(threadCount) ?? [availableParallelism()];
  return [...new Set(backends.map((name): Backend => oneOf("backend", name, BACKENDS)))].flatMap(
    (backend) =>
      [...new Set(counts)].map((threads) => ({
        name: `${backend}, ${threads} ${threads === 1 ? "thread" : "threads"}`,
        ...{ backend, threads },
      })),
  );
}
