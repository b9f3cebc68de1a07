/**
 * Walks through failing stages, as part of a page.
 *
 * @module
 */

import { type Html, html } from "../../core/page/html.ts";
import type { Picture } from "../picture.ts";
import { error } from "./report.ts";
import type { Walk, WalkFinding, WalkStep } from "../walk.ts";

/** Size of a cell of the picture. */
const CELL = { width: 14, height: 18 } as const;

/** Decades below the largest error that have a shade. */
const DECADES = 3;

/**
 * A section for each walk: what is wrong first, where its errors lie, and every inner seam.
 *
 * @param walks in the order of the data
 */
export function walkSections(walks: readonly Walk[]): readonly Html[] {
  return walks.map((walk) =>
    html`<section class="walk"><h2>Walk: ${walk.stage}</h2>
<p class="note">${walk.subject}</p>
${
      walk.first === null
        ? html`<p>Every inner seam is right: what failed lies in what the walk does not go through.</p>`
        : finding(walk.first)
    }
<details><summary>${walk.steps.length} inner seams</summary>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">inner seam</th><th scope="col">shape</th><th scope="col" class="number">failing</th><th scope="col" class="number">needs</th><th scope="col" class="number">allowed</th><th scope="col">verdict</th></tr></thead><tbody>
${walk.steps.map(step)}</tbody></table></div></details></section>`
  );
}

function step({ seam, shape, failing, needs, allowed, verdict }: WalkStep): Html {
  return html`
    <tr class="${verdict}">
      <th scope="row">${seam}</th>
      <td>[${shape.join(", ")}]</td>
      <td class="number">${failing}</td>
      <td class="number">${needs === null ? "" : error(needs)}</td>
      <td class="number">${error(allowed)}</td>
      <td>${verdict}</td>
    </tr>
  `;
}

function finding({ seam, inputs, shape, worst, reason, picture }: WalkFinding): Html {
  const before = inputs.length === 0 ? "made of the input" : `made of ${inputs.join(" and ")}`;
  return html`<p><strong>First wrong: ${seam}</strong> [${shape.join(", ")}], ${before}</p>
${reason === undefined ? null : html`<p>${reason}</p>`}${
    worst === undefined
      ? null
      : html`<p>Worst at [${
        worst.index.join(", ")
      }]: ${worst.actual}, expected ${worst.expected}</p>`
  }${picture === undefined ? null : heatMap(picture)}`;
}

/** The cells as squares, the highest index on top; the darker, the larger the error. */
function heatMap({ rowAxis, columnAxis, cells }: Picture): Html {
  const largest = Math.max(...cells.flat().map((cell) => cell ?? 0));
  const [rows, columns] = [cells.length, cells[0]?.length ?? 0];
  const label = `error over ${columnAxis}${rowAxis === null ? "" : ` and ${rowAxis}`}`;
  const squares = cells.flatMap((row, y) =>
    row.map((cell, x) =>
      cell === null || cell === 0 ? null : html`
        <rect x="${x * CELL.width}" y="${(rows - 1 - y) * CELL.height}" width="${CELL
          .width}" height="${CELL.height}" fill="currentColor"
          fill-opacity="${Math.max(0.05, 1 + Math.log10(cell / largest) / DECADES).toFixed(2)}" />
      `
    )
  );
  return html`
    <figure>
      <svg class="heat" role="img" aria-label="${label}" width="${columns * CELL.width}"
        viewBox="0 0 ${columns * CELL.width} ${rows * CELL.height}"
        style="max-width: 100%">${squares}</svg>
      <figcaption>${label}; the darkest is ${error(
        largest,
      )}, a faint one a thousandth of it or less</figcaption>
    </figure>
  `;
}
