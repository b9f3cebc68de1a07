/**
 * Times of single stages and of peers, as JSON and as Markdown.
 *
 * @module
 */

import { z } from "zod";
import { markdownTable } from "../../core/table.ts";
import type { JsonOf } from "../../core/schema.ts";
import { machineSchema } from "../run_report.ts";
import { median } from "../statistics.ts";

const stageTimes = z.strictObject({
  stage: z.string().min(1).describe("A stage of the pipeline, or analyze or start"),
  audioSeconds: z.number().gt(0).nullable().describe("Length of the audio; null without audio"),
  seconds: z.record(z.string(), z.array(z.number().min(0)))
    .describe("Seconds of every round that counts, in order, by variant; peers are variants"),
});

/**
 * Schema of {@linkcode BenchReport}.
 *
 * @internal
 */
export const benchReportSchema = z.strictObject({
  format: z.literal(3).describe("Changes whenever a field changes its meaning"),
  threads: z.int().min(1).describe("Threads of every variant"),
  machine: machineSchema,
  benches: z.array(stageTimes).describe("One entry for each stage"),
});

/** The times of one run of `bench --stage` or `bench --peers`. */
export type BenchReport = JsonOf<typeof benchReportSchema>;

/** The times of one stage. */
export type StageTimes = BenchReport["benches"][number];

/** Returns the report as Markdown, one table for each stage. */
export function benchTables({ threads, machine, benches }: BenchReport): string {
  const { cores, cpu, os } = machine;
  return [
    `${threads} threads; ${cores} × ${cpu}, ${os}`,
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
