/**
 * Renders what a seam needs and what is allowed, on a logarithmic scale on which the limit has the same place in every row.
 *
 * @module
 */

import type { JSX } from "preact";

/** The scale goes from 10^-4 to 10^1 of the tolerance. */
const LOWEST_DECADE = -4;
const HIGHEST_DECADE = 1;

/** Renders the head of a column of {@linkcode MarginBar}. */
export function MarginAxis(): JSX.Element {
  return (
    <th scope="col" class="axis">
      <span class="hidden">share of what is allowed</span>
      <svg width="100%" height="16" aria-hidden="true">
        {[0.001, 0.01, 0.1, 1].map((share) => (
          <text
            key={share}
            // Only the ends fit a narrow window.
            class={share === 0.01 || share === 0.1 ? "middle" : undefined}
            x={`${place(share)}%`}
            y="12"
            text-anchor="middle"
          >
            {share >= 1 ? "limit" : `${100 * share} %`}
          </text>
        ))}
      </svg>
    </th>
  );
}

/**
 * Renders one bar. The table around it has the class `parity`, its row the verdict as class.
 *
 * @param props `needs` and `upstream` as shares of what is allowed; null where there is none, and where it is 0
 */
export function MarginBar(
  { needs, upstream }: { needs: number | null; upstream: number | null },
): JSX.Element {
  const limit = `${place(1)}%`;
  const own = upstream === null ? null : `${place(upstream)}%`;
  return (
    <svg class="margin" width="100%" height="20" aria-hidden="true">
      {needs !== null && needs !== 0 && <rect x="0" y="4" height="12" width={`${place(needs)}%`} />}
      <line class="limit" x1={limit} x2={limit} y1="0" y2="20" />
      {own !== null && <line class="upstream" x1={own} x2={own} y1="2" y2="18" />}
    </svg>
  );
}

/** Returns the place of a share of what is allowed on the scale, in percent of its width. */
function place(share: number): number {
  const decades = Math.min(Math.max(Math.log10(share), LOWEST_DECADE), HIGHEST_DECADE);
  return Math.round(
    1000 * (decades - LOWEST_DECADE) / (HIGHEST_DECADE - LOWEST_DECADE),
  ) / 10;
}
