/**
 * The report of a parity run as one HTML file that loads nothing else and runs no script.
 *
 * @module
 */

import type { ComponentChildren, JSX } from "preact";
import { MarginAxis, MarginBar } from "../../core/page/margin_bar.tsx";
import { PageData, renderPage } from "../../core/page/page.tsx";
import { VerdictMark } from "../../core/page/verdict_mark.tsx";
import {
  type InnerSeamResult,
  type ParityReport,
  passed,
  type SeamResult,
  type SuiteReport,
  type Timings,
  type Walk,
  type WalkFinding,
} from "../report.ts";
import { ErrorHistogram, ErrorOverTime, HeatMap } from "./error_chart.tsx";
import {
  allowed,
  error,
  figure,
  firstFailureTexts,
  neededBy,
  neededByUpstream,
  sampleTexts,
  seconds,
  subjectOf,
  tally,
  worstText,
} from "./figures.ts";
import { isTimingNumber, timingHead, timingNote, timingRows } from "./timings.ts";

/**
 * Renders the page of a run: verdict, every seam with what it needs, each failing seam, charts of the others, all figures.
 *
 * @param report results of the run
 * @returns HTML with a final newline
 */
export function parityPage(report: ParityReport): string {
  const word = passed(report) ? "Passed" : "Failed";
  const results = report.suites.flatMap((suite) => suite.results);
  const failed = results.filter(({ verdict }) => verdict === "fail");
  const walks = report.walks ?? [];
  // Each walk stands once, behind the first failing seam that it explains.
  const walkOf = (failure: SeamResult, nth: number): Walk | undefined => {
    const walk = walks.find((one) => explains(one, failure));
    return walk && failed.findIndex((one) => explains(walk, one)) === nth ? walk : undefined;
  };
  return renderPage(
    `${word}, ${report.pipeline} parity`,
    <>
      <header class={`verdict ${passed(report) ? "quiet" : "regression"}`}>
        <p class="badge">{word}</p>
        <h1>{tally(report)}</h1>
        {firstFailureTexts(report).map((text) => <p key={text}>{text}</p>)}
        {sampleTexts(report).map((text) => <p key={text}>{text}</p>)}
        <Facts report={report} />
      </header>
      <main>
        {results.length > 0 && <SeamTable suites={report.suites} />}
        {report.suites.flatMap(({ suite, notRun }) =>
          notRun === undefined ? [] : [<p key={suite}>{`${suite} did not run: ${notRun}`}</p>]
        )}
        {failed.map((failure, nth) => (
          <Failure key={keyOf(failure)} failure={failure} walk={walkOf(failure, nth)} />
        ))}
        {walks.filter((walk) => !failed.some((one) => explains(walk, one))).map((walk) => (
          <WalkSection key={walk.stage} walk={walk} />
        ))}
        {(report.unwalked ?? []).map((reason) => (
          <p key={reason}>{`Not walked through: ${reason}.`}</p>
        ))}
        <Charts results={results.filter(({ verdict }) => verdict !== "fail")} />
        {report.timings !== undefined && <TimingSection timings={report.timings} />}
        {results.length > 0 && (
          <details>
            <summary>All figures</summary>
            {report.suites.map((suite) => <AllFigures key={suite.suite} suite={suite} />)}
          </details>
        )}
      </main>
      <PageData id="report" data={report} />
    </>,
  );
}

function Facts(
  { report: { upstream, suites, madeBy } }: { report: ParityReport },
): JSX.Element | null {
  const facts = [
    ...suites.map((suite) => [suite.suite, subjectOf(suite)]),
    ...Object.entries(upstream),
    ...(madeBy === undefined ? [] : [
      [
        madeBy.program,
        madeBy.commit === null ? "no commit" : `commit ${madeBy.commit.slice(0, 10)}`,
      ],
      ...Object.entries(madeBy.versions),
      ["machine", madeBy.machine],
    ]),
  ];
  if (facts.length === 0) return null;
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Returns whether a walk is one through the stage of a failing seam, of the same run. */
function explains({ stage, of }: Walk, failure: SeamResult): boolean {
  const isOwn = of === undefined ||
    (of.suite === failure.suite && of.piece === failure.piece && of.mode === failure.mode);
  return stage === failure.stage && isOwn;
}

function keyOf({ suite, piece, mode, seam }: SeamResult): string {
  return `${suite} ${piece} ${mode} ${seam}`;
}

/** Returns what a seam needs as a share of what is allowed; null where nothing was compared, and for equality. */
function shareOf({ comparison, tolerance }: SeamResult): number | null {
  const { elements, maxAbsolute, differing, margin } = comparison;
  if (elements === 0) return null;
  if (tolerance.differing === undefined) {
    // Of a seam that must be equal, any difference is beyond the limit.
    return margin !== null ? Math.min(1 / margin, 1e9) : maxAbsolute === 0 ? 0 : null;
  }
  const steps = (maxAbsolute ?? 0) / tolerance.absolute;
  return steps > 1 ? steps : differing / elements / tolerance.differing;
}

/** Returns the same share for upstream's own float32. */
function upstreamShare({ upstreamFloat32: own, tolerance }: SeamResult): number | null {
  if (own === null) return null;
  const { absolute, differing } = tolerance;
  const share = differing === undefined ? own.minTolerance / absolute : Math.max(
    own.maxAbs / absolute > 1 ? own.maxAbs / absolute : 0,
    (own.differing ?? 0) / differing,
  );
  return share === 0 || !Number.isFinite(share) ? null : share;
}

/** One row of the table: a failing result, or the one nearest to its limit of all that pass. */
interface SeamLine {
  readonly result: SeamResult;
  /** Results that the row stands for. */
  readonly results: readonly SeamResult[];
}

/** Returns the failing results first; then, in the order of the pipeline, one line for each seam of each suite. */
function linesOf(suites: readonly SuiteReport[]): SeamLine[] {
  const failing = suites.flatMap(({ results }) => results)
    .filter(({ verdict }) => verdict === "fail")
    .map((result) => ({ result, results: [result] }));
  const others = suites.flatMap(({ results }) => {
    const bySeam = Map.groupBy(
      results.filter(({ verdict }) => verdict !== "fail"),
      ({ seam, verdict }) => `${verdict} ${seam}`,
    );
    return [...bySeam.values()].map((group) => ({
      result: group.reduce((a, b) => (shareOf(b) ?? 0) > (shareOf(a) ?? 0) ? b : a),
      results: group,
    }));
  });
  const rank = ({ result }: SeamLine): number => result.verdict === "reported" ? 1 : 0;
  return [...failing, ...others.toSorted((a, b) => rank(a) - rank(b))];
}

function SeamTable({ suites }: { suites: readonly SuiteReport[] }): JSX.Element {
  return (
    <section aria-labelledby="seams-title">
      <h2 id="seams-title">Seams</h2>
      <p class="note">
        The bar is what a seam needs, as a share of what is allowed, on a logarithmic scale: the
        line is the limit, the tick what upstream's own float32 needs. A seam that passes has one
        row for its result nearest to the limit.
      </p>
      <div class="scroll" role="region" aria-labelledby="seams-title" tabIndex={0}>
        <table class="parity seams">
          <thead>
            <tr>
              <th scope="col">seam</th>
              <th scope="col">verdict</th>
              <MarginAxis />
              {["needs", "allowed", "upstream needs"].map((name) => (
                <th key={name} scope="col" class="number">{name}</th>
              ))}
              <th scope="col">suite, piece, mode</th>
            </tr>
          </thead>
          <tbody>
            {linesOf(suites).map((line) => <SeamRow key={keyOf(line.result)} line={line} />)}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function SeamRow({ line: { result, results } }: { line: SeamLine }): JSX.Element {
  const { suite, piece, mode, seam, verdict } = result;
  const more = results.length > 1 ? ` and ${results.length - 1} more` : "";
  return (
    <tr class={verdict}>
      <th scope="row">{verdict === "fail" ? <a href={`#${idOf(result)}`}>{seam}</a> : seam}</th>
      <td>
        <VerdictMark verdict={verdict} />
      </td>
      <td>
        <MarginBar needs={shareOf(result)} upstream={upstreamShare(result)} />
      </td>
      <td class="number">{neededBy(result)}</td>
      <td class="number">{allowed(result.tolerance)}</td>
      <td class="number">{neededByUpstream(result.upstreamFloat32)}</td>
      <td>{`${suite}, ${piece}, ${mode}${more}`}</td>
    </tr>
  );
}

/** Returns an identifier that no other result has: other characters than these become their numbers. */
function idOf({ suite, piece, mode, seam }: SeamResult): string {
  const plain = (text: string): string =>
    text.replaceAll(/[^a-zA-Z0-9._]/gu, (other) => `:${other.codePointAt(0)!.toString(16)}:`);
  return [suite, piece, mode, seam].map(plain).join("-");
}

function Failure(
  { failure, walk }: { failure: SeamResult; walk: Walk | undefined },
): JSX.Element {
  const { suite, piece, mode, stage, seam, comparison, picture } = failure;
  const { profile } = comparison;
  const hasErrors = profile?.some((one) => one > 0) ?? false;
  return (
    <section class="failure" id={idOf(failure)}>
      <h2>{`${seam}, ${suite}, ${piece}, ${mode}`}</h2>
      <p>{`Stage ${stage}: ${comparison.reason ?? "no reason is known"}.`}</p>
      {comparison.elements > 0 && (
        <p class="note">
          {`needs ${neededBy(failure)}, allowed ${allowed(failure.tolerance)}; ` +
            `mean error ${error(comparison.meanAbsolute)}, rms ${error(comparison.rms)}`}
        </p>
      )}
      {hasErrors && (
        <figure>
          <ErrorOverTime result={failure} />
          <figcaption>
            largest error in each part of the piece; the dashed line is the limit
          </figcaption>
        </figure>
      )}
      <div class="pair">
        {picture !== undefined && <HeatMap picture={picture} />}
        <ErrorHistogram result={failure} />
      </div>
      {walk !== undefined && <WalkSection walk={walk} />}
    </section>
  );
}

/** Charts are folded: one small one for each result with errors. */
function Charts({ results }: { results: readonly SeamResult[] }): JSX.Element | null {
  const drawn = results.filter(({ comparison: { profile } }) =>
    profile?.some((one) => one > 0) ?? false
  );
  if (drawn.length === 0) return null;
  return (
    <details>
      <summary>{`Errors over time of ${drawn.length} results that do not fail`}</summary>
      <div class="charts">
        {drawn.map((result) => (
          <figure key={keyOf(result)}>
            <figcaption>
              <strong>{result.seam}</strong> {`${result.suite}, ${result.piece}, ${result.mode}`}
            </figcaption>
            <ErrorOverTime result={result} small />
          </figure>
        ))}
      </div>
    </details>
  );
}

/** Renders a table whose last columns but one hold numbers. */
function Table({ label, head, numbers, children }: {
  label: string;
  head: readonly string[];
  /** First column with numbers; the last column has the verdict. */
  numbers: number;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      <table class="parity">
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

const FIGURE_HEAD = [
  ...["seam", "piece", "mode", "stage", "max error", "99.9 %", "needs", "upstream needs"],
  ...["allowed", "margin", "stage s", "verdict"],
];

function AllFigures(
  { suite: { suite, results } }: { suite: SuiteReport },
): JSX.Element | null {
  if (results.length === 0) return null;
  return (
    <section>
      <h3>{suite}</h3>
      <Table label={`all figures of ${suite}`} head={FIGURE_HEAD} numbers={4}>
        {results.map((result) => <FigureRow key={keyOf(result)} result={result} />)}
      </Table>
    </section>
  );
}

function FigureRow({ result }: { result: SeamResult }): JSX.Element {
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
      <td>
        <VerdictMark verdict={verdict} />
      </td>
    </tr>
  );
}

function TimingSection({ timings }: { timings: Timings }): JSX.Element {
  return (
    <section>
      <h2 id="times-title">Times</h2>
      <p class="note">
        {`${timingNote(timings)}; total is the whole process`}
      </p>
      <div class="scroll" role="region" aria-labelledby="times-title" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {timingHead(timings).map((name, column) => (
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

const WALK_HEAD = ["step", "shape", "failing", "needs", "allowed", "verdict"];

function WalkSection(
  { walk: { stage, subject, steps, first } }: { walk: Walk },
): JSX.Element {
  return (
    <section class="walk">
      <h3>Walk: {stage}</h3>
      <p class="note">{subject}</p>
      {first === null
        ? (
          <p>
            Every step is correct: the failure comes from a part that the walk does not cover.
          </p>
        )
        : <Finding finding={first} />}
      <details>
        <summary>{steps.length} steps</summary>
        <Table label={`steps of ${stage}`} head={WALK_HEAD} numbers={2}>
          {steps.map((result) => <InnerSeamRow key={result.seam} result={result} />)}
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
      <td>
        <VerdictMark verdict={verdict} />
      </td>
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
