/**
 * Seams that became worse.
 *
 * @module
 */

import type { ParityAlert } from "./run_report.ts";
import type { RegressionSettings } from "./regression_settings.ts";
import type { ParityFigure, RunReport } from "./run_report.ts";
import { median } from "./statistics.ts";

/**
 * The seams of a night that are outside of their tolerance, need far more of it than before, or are missing. A night
 * that compared nothing at all was told not to.
 *
 * @param tonight the night
 * @param before the runs that it is compared with; of these those count that have the seam
 * @param settings what far more is
 * @returns in the order of the night, the missing ones last
 */
export function parityAlerts(
  tonight: RunReport,
  before: readonly RunReport[],
  { parity: { growth, floor } }: RegressionSettings,
): ParityAlert[] {
  const known = new Map<string, number[]>();
  for (const figure of before.flatMap(({ parity }) => parity)) {
    if (figure.needs === null) continue;
    const needs = known.get(keyOf(figure));
    if (needs === undefined) known.set(keyOf(figure), [figure.needs]);
    else needs.push(figure.needs);
  }
  const worse = tonight.parity.flatMap((figure): ParityAlert[] => {
    const { suite, piece, mode, seam, needs, verdict } = figure;
    const earlier = known.get(keyOf(figure));
    const usual = earlier === undefined ? null : median(earlier);
    const hasGrown = needs !== null && usual !== null && needs > floor && needs > growth * usual;
    if (verdict !== "fail" && !hasGrown) return [];
    const reason = verdict === "fail" ? "outside" : "grown";
    return [{ suite, piece, mode, seam, reason, needs, before: usual }];
  });
  return [...worse, ...missing(tonight, before.at(-1))];
}

/** What the last run compared and the night does not. */
function missing({ parity }: RunReport, last: RunReport | undefined): ParityAlert[] {
  if (parity.length === 0 || last === undefined) return [];
  const compared = new Set(parity.map(keyOf));
  return last.parity.filter((figure) => !compared.has(keyOf(figure)))
    .map(({ suite, piece, mode, seam, needs }) => ({
      ...{ suite, piece, mode, seam, reason: "missing", needs: null, before: needs },
    }));
}

function keyOf({ suite, piece, mode, stage, seam }: ParityFigure): string {
  return JSON.stringify([suite, piece, mode, stage, seam]);
}
