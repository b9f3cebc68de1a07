/**
 * Renders the stages of a run as a table with a group of rows for each variant.
 *
 * @module
 */

import type { JSX } from "preact";
import { factorFigure, mebibytesFigure, ratioFigure, secondsFigure } from "../figures.ts";
import type { HistoryRun, ReportView, StageView } from "../report_view.ts";
import { TOTAL } from "../run_report.ts";
import { baselineWords, counted } from "../words.ts";
import { workCells, workHead } from "../work_columns.ts";
import { VerdictMark } from "../../core/page/verdict_mark.tsx";

const HEAD: readonly (readonly [heading: string, isNumber: boolean])[] = [
  ["stage", false],
  ["verdict", false],
  ["median s", true],
  ["ratio", true],
  ["runs", false],
  ["× real time", true],
  ["baseline s", true],
  ["95 % from s", true],
  ["to s", true],
  ["CPU s", true],
  ["peak MiB", true],
  ["read MiB", true],
  ["outliers", true],
];

/**
 * Renders one row for each stage. A cell with a figure names its place in the embedded data in `data-of`.
 *
 * @param props figures of the run
 */
export function StageTable({ report }: { report: ReportView }): JSX.Element {
  const { stages, run, decision, corpusSeconds } = report;
  const variants = [...new Set(stages.map(({ variant }) => variant))];
  const head = [...HEAD, ...workHead(stages).map((heading) => [heading, true] as const)];
  return (
    <section aria-labelledby="stages-title">
      <h2 id="stages-title">Stages</h2>
      <p class="note">
        Seconds of a pass over {counted(run.tracks.length, "track")}
        {corpusSeconds === null ? "" : `, ${corpusSeconds.toFixed(1)} s of audio`}, median of the
        rounds. {decision === null || decision.baseline.kind === "none"
          ? "There is no baseline yet."
          : `Ratio: this run divided by the ${baselineWords(report)}; above 1 is slower.`}{" "}
        Processor time, memory and reading of stages that overlap are counted for each of them.
      </p>
      <div class="scroll" role="region" aria-labelledby="stages-title" tabindex={0}>
        <table class="stages">
          <thead>
            <tr>
              {head.map(([heading, isNumber]) => (
                <th key={heading} scope="col" class={isNumber ? "number" : undefined}>{heading}</th>
              ))}
            </tr>
          </thead>
          {variants.map((variant) => (
            <tbody key={variant}>
              <tr class="group">
                <th scope="rowgroup" colSpan={head.length}>
                  <span>{variant}</span>
                </th>
              </tr>
              {stages.map((stage, nth) =>
                stage.variant === variant && (
                  <StageRow key={nth} {...{ history: report.history, stages, stage, nth }} />
                )
              )}
            </tbody>
          ))}
        </table>
      </div>
    </section>
  );
}

function StageRow(
  { history, stages, stage, nth }: {
    history: readonly HistoryRun[];
    stages: readonly StageView[];
    stage: StageView;
    nth: number;
  },
): JSX.Element {
  const figure = (field: string, text: string): JSX.Element => (
    <td class="number" data-of={`stages.${nth}.${field}`}>{text}</td>
  );
  const { interval, samples, outliers, verdict } = stage;
  return (
    <tr class={stage.stage === TOTAL ? "total" : verdict ?? ""}>
      <th scope="row">{stage.stage}</th>
      <td>{verdict !== null && <VerdictMark verdict={verdict} />}</td>
      {figure("median", secondsFigure(stage.median))}
      {figure("ratio", ratioFigure(stage.ratio))}
      <td>
        <Sparkline history={history} of={stage} />
      </td>
      {figure("realTimeFactor", factorFigure(stage.realTimeFactor))}
      {figure("baseline", secondsFigure(stage.baseline))}
      {figure("interval.low", secondsFigure(interval?.low ?? null))}
      {figure("interval.high", secondsFigure(interval?.high ?? null))}
      {figure("cpuSeconds", secondsFigure(stage.cpuSeconds))}
      {figure("peakBytes", mebibytesFigure(stage.peakBytes))}
      {figure("bytesRead", mebibytesFigure(stage.bytesRead))}
      <td class="number">{outliers.length} of {samples.length}</td>
      {workCells(stage, stages).map(({ count, text }) => figure(`work.${count}`, text))}
    </tr>
  );
}

const WIDTH = 120;
const HEIGHT = 24;
const MARGIN = 3;
const DAY_MILLISECONDS = 86_400_000;

/** Runs further apart than this have a day without a run between them. */
const GAP_DAYS = 1.5;

/** Renders the medians over the runs as one line, which breaks where runs are missing or not comparable. */
function Sparkline(
  { history, of }: { history: readonly HistoryRun[]; of: StageView },
): JSX.Element | null {
  const points = history.flatMap(({ startedAt, isComparable, stages }, nth) => {
    const found = stages.find(({ variant, stage }) => variant === of.variant && stage === of.stage);
    const day = Date.parse(startedAt) / DAY_MILLISECONDS;
    return found === undefined || !isComparable ? [] : [{ nth, day, seconds: found.median }];
  });
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return null;
  const values = points.map(({ seconds }) => seconds);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const { low, range } = sparklineRange(least, most);
  const days = Math.max(last.day - first.day, 1e-9);
  const x = (day: number): number =>
    tenths(MARGIN + (day - first.day) / days * (WIDTH - 2 * MARGIN));
  const y = (seconds: number): number =>
    tenths(HEIGHT - MARGIN - (seconds - low) / range * (HEIGHT - 2 * MARGIN));
  const path = points.map(({ nth, day, seconds }, at) => {
    const before = points[at - 1];
    const follows = before !== undefined && before.nth === nth - 1 && day - before.day < GAP_DAYS;
    return `${follows ? "L" : "M"}${x(day)} ${y(seconds)}`;
  }).join("");
  const label = `Median over ${points.length} runs, ` +
    `${secondsFigure(least)} to ${secondsFigure(most)} s`;
  return (
    <svg
      class="sparkline"
      role="img"
      aria-label={label}
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
    >
      <path d={path} />
      <circle cx={x(last.day)} cy={y(last.seconds)} r="2.5" />
    </svg>
  );
}

/** Least range of a sparkline, as a share of its middle: runs 0.4 % apart are no slope. */
const LEAST_RANGE = 0.1;

/**
 * Returns the vertical range of a sparkline: that of its values, at least 5 % to both sides of their middle.
 *
 * @param least smallest value
 * @param most largest value
 */
export function sparklineRange(least: number, most: number): { low: number; range: number } {
  const middle = (least + most) / 2;
  const range = Math.max(most - least, LEAST_RANGE * middle) || 1;
  return { low: middle - range / 2, range };
}

function tenths(value: number): number {
  return Math.round(10 * value) / 10;
}
