/**
 * The nightly run of a described pipeline: all seams once, then rounds that are timed.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import {
  type Measurement,
  newRun,
  type NightlySubject,
  parityFigures,
  type StageMeasurement,
} from "../reports/mod.ts";
import type { ParityReport } from "../parity/mod.ts";
import type { MeasuredRun } from "./process_implementation.ts";
import type { DescribedFile } from "./described_file.ts";
import { NothingComparedError, runDescribed } from "./run_described.ts";
import type { WorkCounter } from "./_work_counter.ts";

/** Rounds and their order. */
export interface DescribedNightlyOptions {
  /** Rounds that count. */
  readonly rounds: number;
  /** Seed of their order. */
  readonly seed: number;
  /** Counts hardware events of each run; by default those of this machine. */
  readonly counter?: WorkCounter;
  /** Receives a description of each run before it begins. */
  readonly onTurn?: (description: string) => void;
  /** Receives the comparison of all seams. */
  readonly onReport?: (report: ParityReport) => Promise<void>;
}

/**
 * Returns what a nightly run of a described pipeline measures: the errors of all seams, and the times of each
 * implementation in chained mode. Implementations that are not installed are left out.
 *
 * @param described the file
 * @param options rounds and their order
 */
export function describedNightly(
  described: DescribedFile,
  { rounds, seed, counter, onTurn, onReport }: DescribedNightlyOptions,
): NightlySubject {
  const { file, inputs, pipeline, folder } = described;
  const common = { ...(onTurn && { onTurn }), ...(counter && { counter }) };
  let report: ParityReport | undefined;
  /** Compares all seams once, which also warms up. */
  const compared = async (): Promise<ParityReport> => {
    if (report === undefined) {
      report = await runDescribed(described, { seed, rounds: 1, ...common });
      await onReport?.(report);
    }
    return report;
  };
  return {
    async warmUp(): ReturnType<NightlySubject["warmUp"]> {
      const { suites } = await compared();
      const names = suites.filter(({ notRun }) => notRun === undefined).map(({ suite }) => suite);
      const text = JSON.stringify([file.stages, file.implementations]);
      return await newRun({
        settings: {
          ...{ pipeline: pipeline.name, model: pipeline.name, demixer: "external" },
          ...{ warmUps: 1, rounds, seed },
        },
        weights: [createHash("sha256").update(text).digest("hex")],
        tracks: inputs.map(({ name, seconds, sha256 }) => ({ name, seconds, sha256 })),
        variants: names.map((name) => ({
          ...{ name, backend: "process", threads: availableParallelism() },
        })),
        folder,
      });
    },
    async measure(orderSeed, before, onMeasurement): Promise<void> {
      const done = new Set(before.map(({ variant, track, round }) => keyOf(variant, round, track)));
      const ready = (await compared()).suites.filter(({ notRun }) => notRun === undefined);
      try {
        await runDescribed(described, {
          ...{ seed: orderSeed, rounds, modes: ["chained"], ...common },
          implementations: ready.map(({ suite }) => suite),
          isDone: (variant, round, track) => done.has(keyOf(variant, round, track)),
          onMeasured: (variant, round, run) => onMeasurement(measurementOf(variant, round, run)),
        });
      } catch (error) {
        // Implementations that only start from given seams are compared, and not timed.
        if (!(error instanceof NothingComparedError)) throw error;
      }
    },
    before: [{
      name: "parity",
      run: async () => ({ parity: parityFigures(await compared()) }),
    }],
    after: [],
  };
}

function keyOf(variant: string, round: number, track: string): string {
  return JSON.stringify([variant, round, track]);
}

function measurementOf(variant: string, round: number, run: MeasuredRun): Measurement {
  const { seconds, cpuSeconds, peakBytes, work, noWork } = run.process;
  return {
    ...{ variant, track: run.input, round, seconds, cpuSeconds, peakBytes, bytesRead: null },
    ...(work && { work }),
    ...(noWork !== undefined && { noWork }),
    // A program tells when its stages ran, and not what they took of the machine.
    stages: run.stages.map(({ stage, start, end }): StageMeasurement => ({
      ...{ stage, start, end, cpuSeconds: null, peakBytes: null, bytesRead: null },
    })),
  };
}
