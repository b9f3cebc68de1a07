/**
 * A history no larger than a word.
 *
 * @module
 */

import { secondsFigure } from "../figures.ts";
import type { HistorySeries, NightView } from "../report_view.ts";
import { Html, html } from "../../core/page/html.ts";

const WIDTH = 120;
const HEIGHT = 24;
const MARGIN = 3;
const DAY_MILLISECONDS = 86_400_000;

/** Nights further apart than this have one missing between them. */
const GAP_DAYS = 1.5;

/**
 * The medians over the nights as one line; it breaks where nights are missing or not comparable.
 *
 * @param nights oldest first
 * @param series one stage, an element a night
 * @returns an inline SVG, or blank where there are fewer than two points
 */
export function sparkline(nights: readonly NightView[], { median }: HistorySeries): Html {
  const points = nights.flatMap(({ startedAt, isComparable }, night) => {
    const seconds = median[night] ?? null;
    const day = Date.parse(startedAt) / DAY_MILLISECONDS;
    return seconds === null || !isComparable ? [] : [{ night, day, seconds }];
  });
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return html``;
  const values = points.map(({ seconds }) => seconds);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const days = Math.max(last.day - first.day, 1e-9);
  const range = most - least || 1;
  const x = (day: number): number =>
    tenths(MARGIN + (day - first.day) / days * (WIDTH - 2 * MARGIN));
  const y = (seconds: number): number =>
    tenths(HEIGHT - MARGIN - (seconds - least) / range * (HEIGHT - 2 * MARGIN));
  const path = points.map(({ night, day, seconds }, nth) => {
    const before = points[nth - 1];
    const follows = before !== undefined && before.night === night - 1 &&
      day - before.day < GAP_DAYS;
    return `${follows ? "L" : "M"}${x(day)} ${y(seconds)}`;
  }).join("");
  const label = `Median over ${points.length} nights, ` +
    `${secondsFigure(least)} to ${secondsFigure(most)} s`;
  return html`
    <svg class="sparkline" role="img" aria-label="${label}" width="${WIDTH}" height="${HEIGHT}"
      viewBox="0 0 ${WIDTH} ${HEIGHT}">
      <path d="${new Html(path)}" />
      <circle cx="${x(last.day)}" cy="${y(last.seconds)}" r="2.5" />
    </svg>
  `;
}

function tenths(value: number): number {
  return Math.round(10 * value) / 10;
}
