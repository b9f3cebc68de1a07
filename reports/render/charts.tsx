/**
 * Renders the charts of a page: their places in the document, and the data that the page's scripts draw.
 *
 * @module
 */

import type { JSX } from "preact";
import type { ReportView, StageView } from "../report_view.ts";
import type { HistoryChange } from "../run_report.ts";
import { counted } from "../words.ts";

/** Height in pixels of a bar with its space, of the space between groups, and of the rest of the chart. */
const BAR_PIXELS = 13;
const GROUP_PIXELS = 8;
const AROUND_PIXELS = 84;

/** Renders real-time factors as bars, and the history of a stage that the reader chooses. */
export function ChartSections(report: ReportView): JSX.Element {
  const { stages, decision, history, corpusSeconds } = report;
  const variants = [...new Set(stages.map(({ variant }) => variant))];
  const names = new Set(stages.map(({ stage }) => stage)).size;
  const height = names * (variants.length * BAR_PIXELS + GROUP_PIXELS) + AROUND_PIXELS;
  const chosen = mostNotable(report);
  const changes = decision?.steps ?? [];
  const label = (of: StageView): string => {
    const count = changes.filter((change) => isOf(change, of)).length;
    return `${of.variant}: ${of.stage}${count === 0 ? "" : `, ${counted(count, "change point")}`}`;
  };
  return (
    <>
      {corpusSeconds !== null && (
        <section aria-labelledby="real-time-title">
          <h2 id="real-time-title">Real-time factor</h2>
          <p class="note">
            Seconds of audio per second of computation, on a logarithmic scale. To the right of 1 a
            stage is faster than real time. The table of stages has the figures.
          </p>
          <div class="chart" style={`height:${height}px`}>
            <canvas
              id="real-time-chart"
              role="img"
              aria-label="Bars of the real-time factor of each stage and variant; the table of stages has the figures"
            />
          </div>
        </section>
      )}
      <section aria-labelledby="history-title">
        <h2 id="history-title">History</h2>
        <p class="choice">
          <label for="history-stage">Stage</label>{" "}
          <select id="history-stage">
            {variants.map((variant) => (
              <optgroup key={variant} label={variant}>
                {stages.map((stage, nth) =>
                  stage.variant === variant && (
                    <option key={nth} value={nth} selected={nth === chosen}>{label(stage)}</option>
                  )
                )}
              </optgroup>
            ))}
          </select>
        </p>
        <p class="note">
          {counted(history.length, "run")}, {counted(changes.length, "change point")}{" "}
          in all stages. Median seconds with its 95 % interval. Dashed lines are change points,
          hollow points are runs that are not comparable, and gaps are days without a run.
        </p>
        <div class="chart history">
          <canvas
            id="history-chart"
            role="img"
            aria-label="Line of the median seconds over the runs; the table below has the figures"
          />
        </div>
        <details id="history-details">
          <summary>The runs as a table</summary>
          <div class="scroll" role="region" aria-labelledby="history-title" tabindex={0}>
            <table id="history-table">
              <thead>
                <tr>
                  <th scope="col">run</th>
                  <th scope="col" class="number">median s</th>
                  <th scope="col" class="number">95 % from s</th>
                  <th scope="col" class="number">to s</th>
                  <th scope="col" class="number">× real time</th>
                  <th scope="col">commit</th>
                  <th scope="col">comparable</th>
                </tr>
              </thead>
              <tbody></tbody>
            </table>
          </div>
        </details>
      </section>
    </>
  );
}

/** Returns the stage that the history shows first: a slower one, or that of the largest change, or the first total. */
function mostNotable({ stages, decision }: ReportView): number {
  const slower = stages.findIndex(({ verdict }) => verdict === "slower" || verdict === "suspect");
  if (slower >= 0) return slower;
  const size = ({ ratio }: HistoryChange): number => Math.abs(Math.log(ratio));
  const changes = decision?.steps.toSorted((a, b) => size(b) - size(a)) ?? [];
  const [largest] = [...changes.filter(({ isAlert }) => isAlert), ...changes];
  return largest === undefined ? 0 : Math.max(0, stages.findIndex((of) => isOf(largest, of)));
}

function isOf(change: HistoryChange, of: StageView): boolean {
  return change.variant === of.variant && change.stage === of.stage;
}

/** Significant digits of a figure of the history: more than a chart can show. */
const DIGITS = 5;

/**
 * Returns the data that the page's scripts read: figures of this run in full, those of the history as rounded arrays with
 * an element for each run.
 *
 * @param report figures of the run
 */
export function pageData({ stages, parity, run, decision, history }: ReportView): unknown {
  return {
    stages,
    parity,
    quality: run.quality,
    steps: decision?.steps ?? [],
    history: {
      // Days since 1970, UTC, with their fraction.
      day: history.map(({ startedAt }) => Math.round(Date.parse(startedAt) / 864) / 100_000),
      run: history.map(({ run }) => run),
      commit: history.map(({ commit }) => commit?.slice(0, 10) ?? null),
      comparable: history.map(({ isComparable }) => isComparable ? 1 : 0),
      series: stages.map(({ variant, stage }) => {
        const all = history.map(({ stages }) =>
          stages.find((one) => one.variant === variant && one.stage === stage)
        );
        return {
          variant,
          stage,
          median: all.map((one) => rounded(one?.median)),
          low: all.map((one) => rounded(one?.interval?.low)),
          high: all.map((one) => rounded(one?.interval?.high)),
          realTimeFactor: all.map((one) => rounded(one?.realTimeFactor ?? undefined)),
        };
      }),
    },
  };
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Number(value.toPrecision(DIGITS));
}
