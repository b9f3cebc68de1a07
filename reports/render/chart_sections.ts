/**
 * Where the page's scripts draw their charts.
 *
 * @module
 */

import type { HistoryChange } from "../run_report.ts";
import type { ReportView, StageView } from "../report_view.ts";
import { type Html, html } from "../../core/page/html.ts";

/** Pixels of a bar with the space around it, and of what surrounds the bars. */
const BAR_PIXELS = 13;
const GROUP_PIXELS = 8;
const AROUND_PIXELS = 84;

/** Real-time factors as bars, and the history of a stage that can be chosen. */
export function chartSections(report: ReportView): Html {
  const { stages, decision, history } = report;
  const variants = [...new Set(stages.map(({ variant }) => variant))];
  const names = new Set(stages.map(({ stage }) => stage)).size;
  const height = names * (variants.length * BAR_PIXELS + GROUP_PIXELS) + AROUND_PIXELS;
  const chosen = mostNotable(report);
  const stepsOf = (of: StageView): string => {
    const count = decision?.steps.filter((step) => isOf(step, of)).length ?? 0;
    return count === 0 ? "" : `, ${count} ${count === 1 ? "step" : "steps"}`;
  };
  const options = (variant: string): (Html | null)[] =>
    stages.map((stage, nth) =>
      stage.variant !== variant ? null : html`
        <option value="${nth}" ${nth === chosen
          ? html`
            selected
          `
          : null}>${variant}: ${stage.stage}${stepsOf(stage)}</option>
      `
    );
  const steps = decision?.steps.length ?? 0;
  return html`
    <section aria-labelledby="real-time-title">
      <h2 id="real-time-title">Real-time factor</h2>
      <p
        class="note">Seconds of audio in a second of work, on a logarithmic scale: to the right of 1 a stage is faster than the music plays. The figures are in the table of stages.</p>
      <div class="chart" style="height:${height}px">
        <canvas id="real-time-chart" role="img"
          aria-label="Bars of the real-time factor of each stage and variant; the table of stages has the figures"></canvas>
      </div>
    </section>
    <section aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      <p class="choice"><label for="history-stage">Stage</label>
    <select id="history-stage">${variants.map((variant) =>
      html`<optgroup label="${variant}">${options(variant)}</optgroup>`
    )}</select></p>
      <p
        class="note">${history.nights.length} ${history.nights.length === 1
          ? "night"
          : "nights"}, ${steps} ${steps === 1
          ? "step"
          : "steps"} in all stages. Median seconds with its 95 % interval; dashed lines are steps, hollow points are nights that cannot be compared; missing nights are gaps.</p>
      <div class="chart history">
        <canvas id="history-chart" role="img"
          aria-label="Line of the median seconds over the nights; the table below has the figures"></canvas>
      </div>
      <details id="history-details">
        <summary>The nights as a table</summary>
        <div class="scroll" role="region" aria-labelledby="history-title" tabindex="0">
          <table id="history-table">
            <thead>
              <tr>
                <th scope="col">night</th>
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
  `;
}

/** The stage that the history shows first: one that is slower, else that of the largest step, else the first total. */
function mostNotable({ stages, decision }: ReportView): number {
  const slower = stages.findIndex(({ verdict }) => verdict === "slower" || verdict === "suspect");
  if (slower >= 0) return slower;
  const size = ({ ratio }: HistoryChange): number => Math.abs(Math.log(ratio));
  const steps = decision?.steps.toSorted((a, b) => size(b) - size(a)) ?? [];
  const [largest] = [...steps.filter(({ isAlert }) => isAlert), ...steps];
  return largest === undefined ? 0 : Math.max(0, stages.findIndex((of) => isOf(largest, of)));
}

function isOf(step: HistoryChange, of: StageView): boolean {
  return step.variant === of.variant && step.stage === of.stage;
}
