/**
 * Formats the times of stages that were timed by themselves as Markdown.
 *
 * @module
 */

import { markdownTable } from "../../core/table.ts";
import type { RunReport, StageTimes } from "../run_report.ts";
import { median } from "../statistics.ts";

/**
 * Returns one table for each stage, with all variants.
 *
 * @param run stages that were timed by themselves
 * @returns Markdown without a final newline
 */
export function benchTables({ variants, machine, benches = [] }: RunReport): string {
  const { cores, cpu, os } = machine;
  return [
    `${variants[0]?.threads ?? 0} threads; ${cores} × ${cpu}, ${os}`,
    ...benches.map(stageTable),
  ].join("\n\n");
}

/** Returns the table of one stage. A ratio is a median divided by that of the first variant. */
function stageTable({ stage, audioSeconds, seconds }: StageTimes): string {
  const variants = Object.entries(seconds);
  const first = median(variants[0]?.[1] ?? []);
  const rows = variants.map(([name, times]) => {
    const middle = median(times);
    return [
      name,
      shown(middle),
      `${shown(Math.min(...times))} - ${shown(Math.max(...times))}`,
      ...(audioSeconds === null ? [] : [(audioSeconds / middle).toFixed(1)]),
      (middle / first).toFixed(2),
      times.map(shown).join(" "),
    ];
  });
  const head = [
    ...["variant", "median, s", "range"],
    ...(audioSeconds === null ? [] : ["times real time"]),
    ...["ratio", "every round, s"],
  ];
  return [
    `### ${stage}${audioSeconds === null ? "" : `, ${audioSeconds.toFixed(1)} s of audio`}`,
    "",
    ...markdownTable([head, ...rows], (column) => column > 0 && column < head.length - 1),
  ].join("\n");
}

/** Returns seconds with three significant digits. */
function shown(seconds: number): string {
  return seconds >= 10
    ? seconds.toFixed(1)
    : seconds >= 1
    ? seconds.toFixed(2)
    : seconds.toFixed(3);
}
