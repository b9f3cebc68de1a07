/**
 * The stages of the workers' timings, with the columns of the nightly report.
 *
 * @module
 */

import { factorFigure, percentFigure, secondsFigure } from "../reports/figures.ts";
import { queryTable } from "./table.ts";

/** Half the width of the interval of a median, in standard deviations of its rank, 95 %. */
const DEVIATIONS = 1.96;

/**
 * Returns the rows of a table of stages: for each pair of demixer and model the whole of a track and each stage, with the
 * median over the tracks, its 95 % interval by ranks, and the share of the work.
 *
 * @param parquet path of the table of tracks
 * @returns cells; the first row is the head
 * @throws {UsageError} if there is no table
 */
export async function stageRows(parquet: string): Promise<string[][]> {
  const rank = (sign: string): string =>
    `greatest(0, least(1, 0.5 ${sign} ${DEVIATIONS / 2} / sqrt(n)))`;
  const rows = await queryTable(
    parquet,
    `WITH spans AS (
       SELECT demixer || ' / ' || model AS variant, 'total' AS stage, work_seconds AS s, duration FROM tracks
       UNION ALL
       SELECT demixer || ' / ' || model, entry.key, entry.value, duration
       FROM (SELECT *, unnest(map_entries(stages)) AS entry FROM tracks)
     ), sums AS (
       SELECT variant, stage, count(*) AS n, sum(s) AS work, sum(duration) AS audio, list(s) AS all_s
       FROM spans GROUP BY variant, stage
     )
     SELECT variant, stage, n, work, audio,
       (list_sort(all_s))[1 + CAST(floor((n - 1) / 2) AS INTEGER)] AS median,
       (list_sort(all_s))[1 + CAST(floor((n - 1) * ${rank("-")}) AS INTEGER)] AS low,
       (list_sort(all_s))[1 + CAST(ceil((n - 1) * ${rank("+")}) AS INTEGER)] AS high,
       sum(work) FILTER (stage <> 'total') OVER (PARTITION BY variant) AS stages_work
     FROM sums ORDER BY variant, stage <> 'total', work DESC`,
    ["demixer", "model", "work_seconds", "duration", "stages"],
  );
  return [
    ["variant", "stage", "tracks", "median s", "95 % interval s", "share %", "× real time"],
    ...rows.map((row) => {
      const number = (name: string): number => Number(row[name]);
      return [
        String(row["variant"]),
        String(row["stage"]),
        String(row["n"]),
        secondsFigure(number("median")),
        `${secondsFigure(number("low"))} to ${secondsFigure(number("high"))}`,
        row["stage"] === "total" ? "" : percentFigure(number("work") / number("stages_work")),
        factorFigure(number("audio") / number("work")),
      ];
    }),
  ];
}
