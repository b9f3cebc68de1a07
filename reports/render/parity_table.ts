/**
 * How much of its tolerance every seam needs.
 *
 * @module
 */

import { errorFigure, percentFigure } from "../figures.ts";
import type { ParityMargin } from "../report_view.ts";
import { type Content, type Html, html } from "../../core/page/html.ts";
import { verdictMark } from "./verdict_mark.ts";

/** Rows that are open; the others are folded. */
const OPEN_ROWS = 20;

/** The scale goes from 10^-4 to 10^1 of what is allowed. */
const LOWEST_DECADE = -4;
const HIGHEST_DECADE = 1;

/**
 * The seams nearest to their limits as a table, the others below it, folded.
 *
 * @param parity every seam, the nearest first
 * @returns a section, or blank where nothing was compared
 */
export function parityTable(parity: readonly ParityMargin[]): Html {
  if (parity.length === 0) return html``;
  const failed = parity.filter(({ verdict }) => verdict === "fail").length;
  const judged = parity.filter(({ verdict }) => verdict !== "reported").length;
  const rows = parity.map(seamRow);
  const rest = rows.slice(OPEN_ROWS);
  return html`<section aria-labelledby="parity-title">
<h2 id="parity-title">Parity margins</h2>
<p class="note">What each seam needs of what it may be off, on a logarithmic scale. The line is the limit, the tick is upstream's own float32. ${failed} of ${judged} seams that are judged failed.</p>
${table("parity-title", rows.slice(0, OPEN_ROWS))}${
    rest.length === 0
      ? null
      : html`<details><summary>${rest.length} more that need less or are only reported</summary>
${table("parity-title", rest)}</details>`
  }
</section>`;
}

function table(title: string, rows: Content): Html {
  return html`
    <div class="scroll" role="region" aria-labelledby="${title}" tabindex="0">
      <table class="parity">
        <thead>
          <tr>
            <th scope="col">seam</th>
            <th scope="col">verdict</th>
            <th scope="col" class="number">% of allowed</th>
            <th scope="col"
              class="axis"><span class="hidden">share of what is allowed</span>${scale()}</th>
            <th scope="col" class="number">needs</th>
            <th scope="col" class="number">allowed</th>
            <th scope="col">suite, piece, mode</th>
          </tr>
        </thead>
        <tbody>
    ${rows}</tbody>
      </table>
    </div>
  `;
}

function seamRow(figure: ParityMargin, nth: number): Html {
  const { suite, piece, mode, seam, verdict, needs, allowed, upstream, margin } = figure;
  const number = (field: string, text: string): Html =>
    html`<td class="number" data-of="parity.${nth}.${field}">${text}</td>`;
  const own = upstream === null || upstream === 0 || allowed === 0 ? null : html`
    <line class="upstream" x1="${place(upstream / allowed)}%" x2="${place(
      upstream / allowed,
    )}%" y1="2" y2="18" />
  `;
  return html`
    <tr
      class="${verdict}"><th scope="row">${seam}</th><td>${verdictMark(verdict)}</td>${number(
        "margin",
        percentFigure(margin),
      )}<td><svg class="margin" width="100%" height="20" aria-hidden="true">${margin === null ||
          margin === 0
        ? null
        : html`
          <rect x="0" y="4" height="12" width="${place(margin)}%" />
        `}<line class="limit" x1="${place(1)}%" x2="${place(
          1,
        )}%" y1="0" y2="20"/>${own}</svg></td>${number("needs", errorFigure(needs))}${number(
          "allowed",
          errorFigure(allowed),
        )}<td>${suite}, ${piece}, ${mode}</td></tr>
  `;
}

function scale(): Html {
  return html`<svg width="100%" height="16" aria-hidden="true">${
    [0.001, 0.01, 0.1, 1].map((share) =>
      html`<text x="${place(share)}%" y="12" text-anchor="middle">${
        share >= 1 ? "limit" : `${100 * share} %`
      }</text>`
    )
  }</svg>`;
}

/** Where a share of what is allowed stands on the scale, in percent of its width. */
function place(share: number): number {
  const decades = Math.min(Math.max(Math.log10(share), LOWEST_DECADE), HIGHEST_DECADE);
  return Math.round(
    1000 * (decades - LOWEST_DECADE) / (HIGHEST_DECADE - LOWEST_DECADE),
  ) / 10;
}
