/**
 * The report of a parity run as one HTML file that loads nothing else.
 *
 * @module
 */

import type { JSX } from "preact";
import { ChartScripts, PageData, renderPage } from "../../core/page/page.tsx";
import {
  type InnerSeamResult,
  type ParityReport,
  passed,
  type Picture,
  type SeamResult,
  type SuiteReport,
  type Timings,
  type Walk,
  type WalkFinding,
} from "../report.ts";
import {
  allowed,
  error,
  figure,
  firstFailureTexts,
  neededBy,
  neededByUpstream,
  seconds,
  subjectOf,
  tally,
  worstText,
} from "./figures.ts";
import { isTimingNumber, TIMING_HEAD, timingRows } from "./timings.ts";

/** Errors over time of one piece in one mode, as the script of the page reads them. */
interface ErrorChart {
  readonly title: string;
  /** One line for each seam. A null is an error of 0, which a logarithmic scale cannot show. */
  readonly lines: readonly { readonly seam: string; readonly errors: readonly (number | null)[] }[];
}

const SCRIPTS = [new URL("./client/error_chart.js", import.meta.url)];

/**
 * Renders the page of a run: verdict and failures, walks, errors over time, every seam.
 *
 * @param report results of the run
 * @returns HTML with a final newline
 * @throws {Error} if Chart.js is not installed
 */
export function parityPage(report: ParityReport): string {
  const word = passed(report) ? "Passed" : "Failed";
  const charts = errorCharts(report);
  return renderPage(
    `${word}, ${report.pipeline} parity`,
    <>
      <Verdict report={report} word={word} />
      <main>
        {(report.walks ?? []).map((walk) => <WalkSection key={walk.stage} walk={walk} />)}
        {charts.length > 0 && <ErrorCharts charts={charts} />}
        {report.suites.map((suite) => <SuiteSection key={suite.suite} suite={suite} />)}
        {report.timings !== undefined && <TimingSection timings={report.timings} />}
      </main>
      <PageData id="view" data={{ charts }} />
      <PageData id="report" data={report} />
      <ChartScripts scripts={SCRIPTS} />
    </>,
  );
}

function Verdict({ report, word }: { report: ParityReport; word: string }): JSX.Element {
  const failed = report.suites.flatMap(({ results }) => results)
    .filter(({ verdict }) => verdict === "fail");
  return (
    <header class={`verdict ${passed(report) ? "quiet" : "regression"}`}>
      <p class="badge">{word}</p>
      <h1>{tally(report)}</h1>
      {firstFailureTexts(report).map((text) => <p key={text}>{text}</p>)}
      {failed.length > 0 && (
        <ul class="failures">
          {failed.map(({ suite, piece, mode, seam, comparison }) => (
            <li key={`${suite} ${piece} ${mode} ${seam}`}>
              {`${suite}, ${piece}, ${mode}, ${seam}: ${comparison.reason ?? ""}`}
            </li>
          ))}
        </ul>
      )}
    </header>
  );
}

function errorCharts({ suites }: ParityReport): ErrorChart[] {
  const charts = new Map<string, ErrorChart["lines"]>();
  for (const { suite, piece, mode, seam, comparison } of suites.flatMap(({ results }) => results)) {
    const { profile } = comparison;
    if (profile === undefined || profile.every((one) => one === 0)) continue;
    const title = `${suite}, ${piece}, ${mode}`;
    const errors = profile.map((one) => one === 0 ? null : one);
    charts.set(title, [...charts.get(title) ?? [], { seam, errors }]);
  }
  return [...charts].map(([title, lines]) => ({ title, lines }));
}

function ErrorCharts({ charts }: { charts: readonly ErrorChart[] }): JSX.Element {
  return (
    <section aria-labelledby="errors-title">
      <h2 id="errors-title">Errors over time</h2>
      <p class="note">
        Largest absolute error in each part of the piece, on a logarithmic scale. A gap in a line is
        an error of 0.
      </p>
      {charts.map(({ title }, nth) => (
        <div key={title}>
          <h3>{title}</h3>
          <div class="chart" style="height: 320px; position: relative">
            <canvas id={`errors-${nth}`} role="img" aria-label={`Errors over time of ${title}`} />
          </div>
        </div>
      ))}
    </section>
  );
}

/** Renders a table whose last columns but one hold numbers. */
function Table({ className, head, numbers, children }: {
  className?: string;
  head: readonly string[];
  /** First column with numbers; the last column has the verdict. */
  numbers: number;
  children: readonly JSX.Element[];
}): JSX.Element {
  return (
    <div class="scroll" tabIndex={0}>
      <table class={className}>
        <thead>
          <tr>
            {head.map((name, column) => (
              <th
                key={name}
                scope="col"
                class={column >= numbers && column < head.length - 1 ? "number" : undefined}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

const SEAM_HEAD = [
  ...["seam", "piece", "mode", "stage", "max error", "99.9 %", "needs", "upstream needs"],
  ...["allowed", "margin", "stage s", "verdict"],
];

function SuiteSection({ suite: report }: { suite: SuiteReport }): JSX.Element {
  const { suite, notRun, results } = report;
  return (
    <section>
      <h2>{suite}</h2>
      <p class="note">{notRun === undefined ? subjectOf(report) : `not run: ${notRun}`}</p>
      {results.length > 0 && (
        <Table className="seams" head={SEAM_HEAD} numbers={4}>
          {results.map((result) => (
            <SeamRow key={`${result.piece} ${result.mode} ${result.seam}`} result={result} />
          ))}
        </Table>
      )}
    </section>
  );
}

function SeamRow({ result }: { result: SeamResult }): JSX.Element {
  const { piece, mode, stage, seam, comparison, durationSeconds, verdict } = result;
  const numbers = [
    ...[error(comparison.maxAbsolute), error(comparison.quantile999), neededBy(result)],
    ...[neededByUpstream(result.upstreamFloat32), allowed(result.tolerance)],
    ...[figure(comparison.margin), seconds(durationSeconds)],
  ];
  return (
    <tr class={verdict}>
      <th scope="row">{seam}</th>
      <td>{piece}</td>
      <td>{mode}</td>
      <td>{stage}</td>
      {numbers.map((number, at) => <td key={at} class="number">{number}</td>)}
      <td>{verdict}</td>
    </tr>
  );
}

function TimingSection({ timings }: { timings: Timings }): JSX.Element {
  return (
    <section>
      <h2>Times</h2>
      <p class="note">
        {`${timings.rounds} rounds in random order, seed ${timings.seed}; total is the whole process`}
      </p>
      <div class="scroll" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {TIMING_HEAD.map((name, column) => (
                <th key={name} scope="col" class={isTimingNumber(column) ? "number" : undefined}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {timingRows(timings).map((cells) => (
              <tr key={cells.slice(0, 4).join()}>
                {cells.map((cell, column) => (
                  <td key={column} class={isTimingNumber(column) ? "number" : undefined}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const WALK_HEAD = ["inner seam", "shape", "failing", "needs", "allowed", "verdict"];

function WalkSection(
  { walk: { stage, subject, steps: innerSeams, first } }: { walk: Walk },
): JSX.Element {
  return (
    <section class="walk">
      <h2>Walk: {stage}</h2>
      <p class="note">{subject}</p>
      {first === null
        ? (
          <p>
            Every inner seam is correct: the failure comes from a part that the walk does not cover.
          </p>
        )
        : <Finding finding={first} />}
      <details>
        <summary>{innerSeams.length} inner seams</summary>
        <Table head={WALK_HEAD} numbers={2}>
          {innerSeams.map((result) => <InnerSeamRow key={result.seam} result={result} />)}
        </Table>
      </details>
    </section>
  );
}

function InnerSeamRow({ result }: { result: InnerSeamResult }): JSX.Element {
  const { seam, shape, failing, needs, allowed, verdict } = result;
  return (
    <tr class={verdict}>
      <th scope="row">{seam}</th>
      <td>[{shape.join(", ")}]</td>
      <td class="number">{failing}</td>
      <td class="number">{error(needs)}</td>
      <td class="number">{error(allowed)}</td>
      <td>{verdict}</td>
    </tr>
  );
}

function Finding({ finding }: { finding: WalkFinding }): JSX.Element {
  const { seam, inputs, shape, worst, reason, picture } = finding;
  const from = inputs.length === 0 ? "the input of the stage" : inputs.join(" and ");
  return (
    <>
      <p>
        <strong>First wrong: {seam}</strong> {`[${shape.join(", ")}], computed from ${from}`}
      </p>
      {reason !== undefined && <p>{reason}</p>}
      {worst !== undefined && <p>{`W${worstText(worst).slice(1)}`}</p>}
      {picture !== undefined && <HeatMap picture={picture} />}
    </>
  );
}

/** Size of a cell of the heat map. */
const CELL = { width: 14, height: 18 } as const;

/** Decades below the largest error that have a shade. */
const DECADES = 3;

/** Renders the cells as rectangles, the highest index on top. A darker cell has a larger error. */
function HeatMap({ picture: { rowAxis, columnAxis, cells } }: { picture: Picture }): JSX.Element {
  const largest = Math.max(...cells.flat().map((cell) => cell ?? 0));
  const width = (cells[0]?.length ?? 0) * CELL.width;
  const height = cells.length * CELL.height;
  const label = `error over ${columnAxis}${rowAxis === null ? "" : ` and ${rowAxis}`}`;
  const rectangle = (cell: number | null, x: number, y: number): JSX.Element | null =>
    cell === null || cell === 0 ? null : (
      <rect
        key={`${x} ${y}`}
        x={x * CELL.width}
        y={height - (y + 1) * CELL.height}
        {...CELL}
        fill="currentColor"
        fill-opacity={Math.max(0.05, 1 + Math.log10(cell / largest) / DECADES).toFixed(2)}
      />
    );
  return (
    <figure>
      <svg
        class="heat"
        role="img"
        aria-label={label}
        width={width}
        viewBox={`0 0 ${width} ${height}`}
        style="max-width: 100%"
      >
        {cells.flatMap((row, y) => row.map((cell, x) => rectangle(cell, x, y)))}
      </svg>
      <figcaption>
        {`${label}; the darkest cell is ${error(largest)}, the faintest a thousandth of it or less`}
      </figcaption>
    </figure>
  );
}
