/**
 * Measures of the results that fell.
 *
 * @module
 */

import type { QualityAlert } from "./run_report.ts";
import type { RegressionSettings } from "./regression_settings.ts";
import { ANALYSED } from "./figures_of_reports.ts";
import type { QualityFigure, RunReport } from "./run_report.ts";
import { median } from "./statistics.ts";

/**
 * The measures of a night that are lower than before by more than they may, or missing, and tracks that could not be
 * analysed. A night that measured nothing at all was told not to.
 *
 * @param tonight the night
 * @param before the runs that it is compared with; of these those count that measured as many tracks
 * @param settings how far a measure may fall
 * @returns in the order of the night, the missing ones last
 */
export function qualityAlerts(
  tonight: RunReport,
  before: readonly RunReport[],
  { quality: { fall } }: RegressionSettings,
): QualityAlert[] {
  const fallen = tonight.quality.flatMap(({ system, measure, value, tracks }) => {
    const earlier = before.flatMap(({ quality }) => quality).filter((one) =>
      one.system === system && one.measure === measure && one.tracks === tracks
    );
    const usual = measure === ANALYSED ? 1 : median(earlier.map((one) => one.value));
    return value < usual - fall ? [{ system, measure, value, before: usual }] : [];
  });
  const isMissing = (one: QualityFigure): boolean =>
    !tonight.quality.some(({ system, measure }) =>
      system === one.system && measure === one.measure
    );
  const known = tonight.quality.length === 0 ? [] : before.at(-1)?.quality ?? [];
  return [
    ...fallen,
    ...known.filter(isMissing)
      .map(({ system, measure, value }) => ({ system, measure, value: null, before: value })),
  ];
}
