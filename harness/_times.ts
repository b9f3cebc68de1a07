/**
 * Times of runs by stage.
 *
 * @module
 */

import type { StageTime } from "../parity/mod.ts";
import { TOTAL } from "../reports/mod.ts";
import type { Input } from "./inputs.ts";
import type { MeasuredRun } from "./process_implementation.ts";

/** A run of an implementation. */
export interface NamedRun {
  /** Name of the implementation. */
  readonly name: string;
  /** Its times. */
  readonly run: MeasuredRun;
}

/**
 * Returns the seconds of each stage in each round, and of the whole process.
 *
 * @param runs runs in the order of the rounds
 * @param inputs inputs with their lengths
 * @param implementations names in the order of the report
 */
export function timesOf(
  runs: readonly NamedRun[],
  inputs: readonly Input[],
  implementations: readonly string[],
): StageTime[] {
  const order = (name: string): number => implementations.indexOf(name);
  const sorted = runs.toSorted((a, b) =>
    order(a.name) - order(b.name) || compareTexts(a.run.input, b.run.input) ||
    -compareTexts(a.run.mode, b.run.mode)
  );
  const groups = Map.groupBy(
    sorted,
    ({ name, run }) => JSON.stringify([name, run.input, run.mode]),
  );
  return [...groups.values()].flatMap((group): StageTime[] => {
    const { name: implementation, run: { input: piece, mode } } = group[0]!;
    const audioSeconds = inputs.find(({ name }) => name === piece)?.seconds ?? null;
    const common = { implementation, piece, mode, audioSeconds };
    const processes = group.map(({ run }) => run.process);
    const stages = new Set(group.flatMap(({ run }) => run.stages.map(({ stage }) => stage)));
    const cpuSeconds = processes.flatMap((one) => one.cpuSeconds ?? []);
    const work = processes.flatMap((one) => one.work ?? []);
    const peaks = processes.flatMap(({ peakBytes }) => peakBytes ?? []);
    return [
      ...[...stages].map((stage) => ({
        ...{ ...common, stage },
        seconds: group.flatMap(({ run }) => {
          const own = run.stages.filter((one) => one.stage === stage);
          if (own.length === 0) return [];
          return [own.reduce((sum, { start, end }) => sum + end - start, 0)];
        }),
      })),
      {
        ...{ ...common, stage: TOTAL, seconds: processes.map(({ seconds }) => seconds) },
        ...(cpuSeconds.length > 0 && { cpuSeconds }),
        ...(peaks.length > 0 && { peakBytes: Math.max(...peaks) }),
        ...(work.length > 0 && { work }),
      },
    ];
  });
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
