/**
 * The head of the page: what the night comes to.
 *
 * @module
 */

import { commitFigure, minuteFigure } from "../figures.ts";
import type { ReportView } from "../report_view.ts";
import { alertWords, stepWords, verdictSentence, verdictWord } from "../words.ts";
import { type Content, type Html, html } from "../../core/page/html.ts";

/**
 * The verdict as a sign, a word and a sentence; when, what and where; what else to look at.
 *
 * @param report what to show
 */
export function verdictHeader(report: ReportView): Html {
  const { run, decision, warnings } = report;
  const kind = decision?.verdict ?? "measured";
  const sign = kind === "quiet" ? "✓" : kind === "regression" ? "▲" : "●";
  const { cpu, cores, memoryGiB } = run.machine;
  const old = (decision?.steps ?? []).filter(({ isAlert }) => !isAlert).map(stepWords);
  return html`
    <header class="verdict ${kind}">
      <p class="badge"><span aria-hidden="true">${sign}</span> ${verdictWord(report)}</p>
      <h1>${unbroken(verdictSentence(report))}</h1>
      <dl class="facts">
        <div>
          <dt>Measured</dt>
          <dd><time datetime="${run.startedAt}">${minuteFigure(run.startedAt)}</time></dd>
        </div>
        <div>
          <dt>Commit</dt>
          <dd><code>${commitFigure(run.program.commit)}</code>${run.program.isModified === true
            ? ", modified"
            : ""}</dd>
        </div>
        <div>
          <dt>Machine</dt>
          <dd>${cpu}, ${cores} ${cores === 1 ? "core" : "cores"}, ${memoryGiB} GiB</dd>
        </div>
      </dl>
    </header>
    ${list("Look at", "alerts", alertWords(decision))}${list(
      "Before you believe the figures",
      "warnings",
      warnings,
    )}${list("Earlier steps", "steps", old)}
  `;
}

function list(title: string, kind: string, lines: readonly string[]): Content {
  return lines.length === 0 ? null : html`
    <section class="lines ${kind}" aria-label="${title}">
      <h2>${title}</h2>
      <ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>
    </section>
  `;
}

/** A number stays on the line of its percent sign. */
function unbroken(sentence: string): string {
  return sentence.replaceAll(/(\d) %/g, "$1\u00a0%");
}
