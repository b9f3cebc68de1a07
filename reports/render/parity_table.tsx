/**
 * Renders the error of every seam in relation to its tolerance.
 *
 * @module
 */

import type { JSX } from "preact";
import { errorFigure, percentFigure } from "../figures.ts";
import type { ParityMargin } from "../report_view.ts";
import { VerdictMark } from "./verdict_mark.tsx";

/** Rows that are open; the others are folded. */
const OPEN_ROWS = 20;

/** The scale goes from 10^-4 to 10^1 of the tolerance. */
const LOWEST_DECADE = -4;
const HIGHEST_DECADE = 1;

/**
 * Renders the seams nearest to their limits as a table, and the others below it, folded.
 *
 * @param props every seam, the nearest first
 */
export function ParityTable(
  { parity }: { parity: readonly ParityMargin[] },
): JSX.Element | null {
  if (parity.length === 0) return null;
  const failed = parity.filter(({ verdict }) => verdict === "fail").length;
  const compared = parity.filter(({ verdict }) => verdict !== "reported").length;
  const rows = parity.map((margin, nth) => <SeamRow key={nth} margin={margin} nth={nth} />);
  const rest = rows.slice(OPEN_ROWS);
  return (
    <section aria-labelledby="parity-title">
      <h2 id="parity-title">Parity margins</h2>
      <p class="note">
        Smallest tolerance that each seam passes, as a share of what is allowed, on a logarithmic
        scale. The line is the limit, the tick is upstream's own float32. {failed} of {compared}
        {" "}
        compared seams failed.
      </p>
      <Table rows={rows.slice(0, OPEN_ROWS)} />
      {rest.length > 0 && (
        <details>
          <summary>{rest.length} more that need less or are only reported</summary>
          <Table rows={rest} />
        </details>
      )}
    </section>
  );
}

function Table({ rows }: { rows: readonly JSX.Element[] }): JSX.Element {
  return (
    <div class="scroll" role="region" aria-labelledby="parity-title" tabindex={0}>
      <table class="parity">
        <thead>
          <tr>
            <th scope="col">seam</th>
            <th scope="col">verdict</th>
            <th scope="col" class="number">% of allowed</th>
            <th scope="col" class="axis">
              <span class="hidden">share of what is allowed</span>
              <svg width="100%" height="16" aria-hidden="true">
                {[0.001, 0.01, 0.1, 1].map((share) => (
                  <text key={share} x={`${place(share)}%`} y="12" text-anchor="middle">
                    {share >= 1 ? "limit" : `${100 * share} %`}
                  </text>
                ))}
              </svg>
            </th>
            <th scope="col" class="number">needs</th>
            <th scope="col" class="number">allowed</th>
            <th scope="col">suite, piece, mode</th>
          </tr>
        </thead>
        <tbody>{rows}</tbody>
      </table>
    </div>
  );
}

function SeamRow({ margin: figure, nth }: { margin: ParityMargin; nth: number }): JSX.Element {
  const { suite, piece, mode, seam, verdict, needs, allowed, upstream, margin } = figure;
  const number = (field: string, text: string): JSX.Element => (
    <td class="number" data-of={`parity.${nth}.${field}`}>{text}</td>
  );
  const own = upstream === null || upstream === 0 || allowed === 0
    ? null
    : `${place(upstream / allowed)}%`;
  const limit = `${place(1)}%`;
  return (
    <tr class={verdict}>
      <th scope="row">{seam}</th>
      <td>
        <VerdictMark verdict={verdict} />
      </td>
      {number("margin", percentFigure(margin))}
      <td>
        <svg class="margin" width="100%" height="20" aria-hidden="true">
          {margin !== null && margin !== 0 && (
            <rect x="0" y="4" height="12" width={`${place(margin)}%`} />
          )}
          <line class="limit" x1={limit} x2={limit} y1="0" y2="20" />
          {own !== null && <line class="upstream" x1={own} x2={own} y1="2" y2="18" />}
        </svg>
      </td>
      {number("needs", errorFigure(needs))}
      {number("allowed", errorFigure(allowed))}
      <td>{suite}, {piece}, {mode}</td>
    </tr>
  );
}

/** Returns the place of a share of what is allowed on the scale, in percent of its width. */
function place(share: number): number {
  const decades = Math.min(Math.max(Math.log10(share), LOWEST_DECADE), HIGHEST_DECADE);
  return Math.round(
    1000 * (decades - LOWEST_DECADE) / (HIGHEST_DECADE - LOWEST_DECADE),
  ) / 10;
}
