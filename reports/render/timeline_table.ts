/**
 * A timeline as a table whose rows have bars on a common axis.
 *
 * @module
 */

import { secondsFigure } from "../figures.ts";
import type { Timeline, TimelineBar, TimelineRow } from "../report_view.ts";
import { type Html, html } from "../../core/page/html.ts";

/**
 * One row a stage: bars, from when to when, and how long in all.
 *
 * @param timeline what ran when
 * @param caption what it shows
 */
export function timelineTable({ rows, seconds }: Timeline, caption: string): Html {
  const axis = [0, 0.5, 1].map((share, nth) =>
    html`<text x="${100 * share}%" y="12" text-anchor="${["start", "middle", "end"][nth]!}">${
      axisFigure(share * seconds, seconds)
    }</text>`
  );
  return html`
    <table class="timeline">
      <caption>${caption}</caption>
      <thead>
        <tr>
          <th scope="col">stage</th>
          <th scope="col"
            class="axis"><span class="hidden">seconds from the start</span><svg width="100%" height="16" aria-hidden="true">${axis}</svg></th>
          <th scope="col" class="number wide">start s</th>
          <th scope="col" class="number wide">end s</th>
          <th scope="col" class="number">seconds</th>
        </tr>
      </thead>
      <tbody>
    ${rows.map((row, nth) => timelineRow(row, nth, seconds))}</tbody>
    </table>
  `;
}

function timelineRow({ stage, parent, bars }: TimelineRow, nth: number, seconds: number): Html {
  const share = (at: number): string => `${(100 * at / (seconds || 1)).toFixed(3)}%`;
  const grid = [0, 25, 50, 75, 100].map((percent) =>
    html`
      <line x1="${percent}%" x2="${percent}%" y1="0" y2="20" />
    `
  );
  const rects = bars.map((bar) =>
    html`
      <rect x="${share(bar.start)}" width="${share(bar.end - bar.start)}" y="4" height="12">
        <title>${barWords(bar)}</title>
      </rect>
    `
  );
  const start = bars.reduce((least, bar) => Math.min(least, bar.start), Infinity);
  const end = bars.reduce((most, bar) => Math.max(most, bar.end), 0);
  const all = bars.reduce((sum, bar) => sum + bar.end - bar.start, 0);
  return html`
    <tr class="${parent === null ? `bar-${nth % 6}` : "part"}">
      <th scope="row">${stage}${bars.length > 1
        ? html`
          <small>× ${bars.length}</small>
        `
        : null}</th>
      <td>
        <svg class="bars" width="100%" height="20" aria-hidden="true">${grid}${rects}</svg>
      </td>
      <td class="number wide">${secondsFigure(start)}</td>
      <td class="number wide">${secondsFigure(end)}</td>
      <td class="number">${secondsFigure(all)}</td>
    </tr>
  `;
}

function barWords({ start, end, track }: TimelineBar): string {
  return `${track === null ? "" : `${track}: `}${secondsFigure(start)} to ${secondsFigure(end)} s`;
}

function axisFigure(value: number, all: number): string {
  return `${value.toFixed(all < 10 ? 2 : all < 100 ? 1 : 0)} s`;
}
