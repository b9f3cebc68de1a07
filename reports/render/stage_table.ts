/**
 * The stages of a run as a table, each variant a group of rows.
 *
 * @module
 */

import { factorFigure, mebibytesFigure, ratioFigure, secondsFigure } from "../figures.ts";
import type { ReportView, StageView } from "../report_view.ts";
import { TOTAL } from "../run_report.ts";
import { baselineWords } from "../words.ts";
import { type Html, html } from "../../core/page/html.ts";
import { sparkline } from "./sparkline.ts";
import { stageVerdict } from "./verdict_mark.ts";

const COLUMNS = 13;

/**
 * One row a stage. A cell with a figure names in `data-of` where the embedded data have it.
 *
 * @param report what to show
 */
export function stageTable(report: ReportView): Html {
  const variants = [...new Set(report.stages.map(({ variant }) => variant))];
  return html`
    <section aria-labelledby="stages-title">
      <h2 id="stages-title">Stages</h2>
      <p
        class="note">Seconds of a pass over ${report.run.tracks
          .length} ${report.run.tracks.length === 1 ? "track" : "tracks"}, ${report.corpusSeconds
          .toFixed(1)} s of audio, median of the rounds. ${report.decision === null ||
            report.decision.baseline.kind === "none"
          ? "There is no baseline yet."
          : `Ratio: tonight through the ${
            baselineWords(report)
          }; above 1 is slower.`} Stages that run at the same time count each other's processor time, memory and reading.</p>
      <div class="scroll" role="region" aria-labelledby="stages-title" tabindex="0">
        <table class="stages">
    <thead><tr><th scope="col">stage</th><th scope="col">verdict</th><th scope="col" class="number">median s</th><th scope="col" class="number">ratio</th><th scope="col">nights</th><th scope="col" class="number">× real time</th><th scope="col" class="number">baseline s</th><th scope="col" class="number">95 % from s</th><th scope="col" class="number">to s</th><th scope="col" class="number">CPU s</th><th scope="col" class="number">peak MiB</th><th scope="col" class="number">read MiB</th><th scope="col" class="number">far off</th></tr></thead>
    ${variants.map((variant) =>
      html`
        <tbody><tr class="group"><th scope="rowgroup" colspan="${COLUMNS}"><span>${variant}</span></th></tr>
        ${report.stages.map((stage, nth) =>
          stage.variant === variant ? row(report, stage, nth) : null
        )}</tbody>
      `
    )}</table>
      </div>
    </section>
  `;
}

function row({ history }: ReportView, stage: StageView, nth: number): Html {
  const series = history.series.find((one) =>
    one.variant === stage.variant && one.stage === stage.stage
  );
  const figure = (field: string, text: string): Html =>
    html`<td class="number" data-of="stages.${nth}.${field}">${text}</td>`;
  const { interval, samples, outliers } = stage;
  return html`
    <tr
      class="${stage.stage === TOTAL ? "total" : stage.verdict ?? ""}"><th scope="row">${stage
        .stage}</th><td>${stageVerdict(stage.verdict)}</td>${figure(
          "median",
          secondsFigure(stage.median),
        )}${figure("ratio", ratioFigure(stage.ratio))}<td>${series === undefined
        ? null
        : sparkline(history.nights, series)}</td>${figure(
          "realTimeFactor",
          factorFigure(stage.realTimeFactor),
        )}${figure("baseline", secondsFigure(stage.baseline))}${figure(
          "interval.low",
          secondsFigure(interval?.low ?? null),
        )}${figure("interval.high", secondsFigure(interval?.high ?? null))}${figure(
          "cpuSeconds",
          secondsFigure(stage.cpuSeconds),
        )}${figure("peakBytes", mebibytesFigure(stage.peakBytes))}${figure(
          "bytesRead",
          mebibytesFigure(stage.bytesRead),
        )}<td class="number">${outliers
        .length} of ${samples.length}</td></tr>
  `;
}
