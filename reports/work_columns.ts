/**
 * Columns of hardware counts, which a table of stages has where the machine counted them.
 *
 * @module
 */

import { countFigure } from "./figures.ts";
import type { RunReport, WorkCounts } from "./run_report.ts";

const COLUMNS: readonly (readonly [heading: string, count: keyof WorkCounts])[] = [
  ["instructions", "instructions"],
  ["cycles", "cycles"],
  ["cache misses", "cacheMisses"],
];

/** Stages with or without counts. */
type Counted = { readonly work: WorkCounts | null };

/** Returns the headings; none where no stage was counted. */
export function workHead(stages: readonly Counted[]): string[] {
  return stages.some(({ work }) => work !== null) ? COLUMNS.map(([heading]) => heading) : [];
}

/** Returns the cells of a stage: the name of the count and its text; none where no stage was counted. */
export function workCells(
  { work }: Counted,
  stages: readonly Counted[],
): { readonly count: keyof WorkCounts; readonly text: string }[] {
  if (workHead(stages).length === 0) return [];
  return COLUMNS.map(([, count]) => ({ count, text: countFigure(work?.[count] ?? null) }));
}

/** Returns whether the machine has hardware counters, or why not, in words. */
export function counterWords({ measurements }: Pick<RunReport, "measurements">): string {
  const [first] = measurements;
  if (first?.work !== undefined) return COLUMNS.map(([heading]) => heading).join(", ");
  return first?.noWork ?? "not asked for";
}
