/**
 * Renders the error of every seam in relation to its tolerance.
 *
 * @module
 */

import type { JSX } from "preact";
import { MarginAxis, MarginBar } from "../../core/page/margin_bar.tsx";
import { errorFigure, percentFigure } from "../figures.ts";
import type { ParityMargin } from "../report_view.ts";
import { VerdictMark } from "../../core/page/verdict_mark.tsx";

/** Rows that are open; the others are folded. */
const OPEN_ROWS = 20;

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
            <MarginAxis />
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
  const own = upstream === null || upstream === 0 || allowed === 0 ? null : upstream / allowed;
  return (
    <tr class={verdict}>
      <th scope="row">{seam}</th>
      <td>
        <VerdictMark verdict={verdict} />
      </td>
      {number("margin", percentFigure(margin))}
      <td>
        <MarginBar needs={margin} upstream={own} />
      </td>
      {number("needs", errorFigure(needs))}
      {number("allowed", errorFigure(allowed))}
      <td>{suite}, {piece}, {mode}</td>
    </tr>
  );
}
