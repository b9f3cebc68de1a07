/**
 * What came of contests, as data and as Markdown.
 *
 * @module
 */

import type { Machine } from "../run_report.ts";
import { median } from "../statistics.ts";

/** The times of one contest. */
export interface BenchTimes {
  /** What was timed. */
  readonly stage: string;
  /** Length of the audio; null where there is none. */
  readonly audioSeconds: number | null;
  /** For each contestant the seconds of every round that counts, in order. */
  readonly seconds: Readonly<Record<string, readonly number[]>>;
}

/** All times of one run. */
export interface BenchReport {
  /** Version of this format. */
  readonly format: 3;
  /** Threads of everybody. */
  readonly threads: number;
  /** Where. */
  readonly machine: Machine;
  /** One entry for each contest. */
  readonly benches: readonly BenchTimes[];
}

/** The report as Markdown, one table for each contest. */
export function benchTables({ threads, machine, benches }: BenchReport): string {
  const { cores, cpu, os } = machine;
  return [
    `${threads} threads; ${cores} × ${cpu}, ${os}`,
    ...benches.map(benchTable),
  ].join("\n\n");
}

/** The ratios are medians over that of the first contestant. */
function benchTable({ stage, audioSeconds, seconds }: BenchTimes): string {
  const rows = Object.entries(seconds);
  const first = median(rows[0]?.[1] ?? []);
  const row = ([name, times]: [string, readonly number[]]): string => {
    const middle = median(times);
    const cells = [
      name,
      shown(middle),
      `${shown(Math.min(...times))} - ${shown(Math.max(...times))}`,
      ...(audioSeconds === null ? [] : [(audioSeconds / middle).toFixed(1)]),
      (middle / first).toFixed(2),
      times.map(shown).join(" "),
    ];
    return `| ${cells.join(" | ")} |`;
  };
  const heads = [
    ...["who", "median, s", "range"],
    ...(audioSeconds === null ? [] : ["times real time"]),
    ...["ratio", "every round, s"],
  ];
  return [
    `### ${stage}${audioSeconds === null ? "" : `, ${audioSeconds.toFixed(1)} s of audio`}`,
    "",
    `| ${heads.join(" | ")} |`,
    `| ${heads.map(() => "---").join(" | ")} |`,
    ...rows.map(row),
  ].join("\n");
}

/** Seconds with three digits that count. */
function shown(seconds: number): string {
  return seconds >= 10
    ? seconds.toFixed(1)
    : seconds >= 1
    ? seconds.toFixed(2)
    : seconds.toFixed(3);
}
