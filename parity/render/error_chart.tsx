/**
 * Renders the errors of one seam: over time, by size, and over two axes. The drawings need no script.
 *
 * @module
 */

import type { JSX } from "preact";
import type { Picture, SeamResult } from "../report.ts";
import { error, figure } from "./figures.ts";

/** Size of a chart, in units of its view box. */
interface ChartSize {
  readonly width: number;
  readonly height: number;
}

const LARGE: ChartSize = { width: 720, height: 220 };
const SMALL: ChartSize = { width: 260, height: 90 };

/** Space around the curve for numbers. */
const LEFT = 46;
const TOP = 10;
const BOTTOM = 20;

/** Vertical scale of a chart. */
interface Scale {
  /** Values that have a line and a number. */
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
  /** Returns the place of a value: 0 at the bottom, 1 at the top. */
  readonly place: (value: number) => number;
}

/**
 * Renders the largest error in each part of the time axis with the tolerance as a line.
 *
 * Errors of floats have a logarithmic scale; those of 16-bit samples are whole steps and have a linear one.
 *
 * @param props a seam with a profile; `small` leaves out the numbers along the time axis
 */
export function ErrorOverTime(
  { result, small = false }: { result: SeamResult; small?: boolean },
): JSX.Element | null {
  const { comparison: { profile }, tolerance, seam } = result;
  if (profile === undefined) return null;
  const { width, height } = small ? SMALL : LARGE;
  const isSteps = tolerance.differing !== undefined;
  const limit = tolerance.absolute;
  const scale = isSteps ? stepScale(profile, limit) : decadeScale(profile, limit, small);
  const x = (part: number): number => LEFT + part * (width - LEFT - 6) / profile.length;
  const y = (value: number): number =>
    height - BOTTOM - scale.place(value) * (height - TOP - BOTTOM);
  const label = `largest error of ${seam} in each part of the piece, at most ` +
    `${error(Math.max(...profile))}; the limit is ${error(limit)}`;
  return (
    <svg
      class={small ? "errors" : "errors large"}
      role="img"
      aria-label={label}
      width={width}
      viewBox={`0 0 ${width} ${height}`}
      style="max-width: 100%; height: auto"
    >
      {scale.ticks.map(({ value, text }) => (
        <g key={value}>
          <line class="grid" x1={LEFT} x2={width - 6} y1={y(value)} y2={y(value)} />
          <text x={LEFT - 5} y={y(value) + 4} text-anchor="end">{text}</text>
        </g>
      ))}
      <line class="limit" x1={LEFT} x2={width - 6} y1={y(limit)} y2={y(limit)} />
      {profile.map((value, part) =>
        value === 0 ? null : (
          <rect
            key={part}
            class={value > limit ? "over" : undefined}
            x={rounded(x(part))}
            width={rounded(Math.max(0.6, x(part + 1) - x(part) - 0.4))}
            y={rounded(y(value))}
            height={rounded(Math.max(1, height - BOTTOM - y(value)))}
          />
        )
      )}
      {(small ? [] : [0, 25, 50, 75, 100]).map((percent) => (
        <text
          key={percent}
          x={LEFT + percent * (width - LEFT - 6) / 100}
          y={height - 4}
          text-anchor={percent === 0 ? "start" : percent === 100 ? "end" : "middle"}
        >
          {percent} %
        </text>
      ))}
      {small && <text x={width - 6} y={height - 4} text-anchor="end">time</text>}
    </svg>
  );
}

/** Decades of a chart, at most; smaller errors lie at its bottom. */
const DECADES = 8;

function decadeScale(profile: readonly number[], limit: number, small: boolean): Scale {
  const values = [...profile, limit].filter((value) => value > 0 && Number.isFinite(value));
  const top = values.length === 0 ? 0 : Math.ceil(Math.log10(Math.max(...values)) + 0.1);
  const lowest = values.length === 0 ? -1 : Math.floor(Math.log10(Math.min(...values)));
  const bottom = Math.max(Math.min(lowest, top - 2), top - DECADES);
  const step = Math.ceil((top - bottom) / (small ? 3 : DECADES));
  const ticks = [];
  for (let decade = top; decade >= bottom; decade -= step) {
    ticks.push({ value: 10 ** decade, text: `1e${decade}` });
  }
  return {
    ticks,
    place: (value) => {
      const place = value <= 0 ? 0 : (Math.log10(value) - bottom) / (top - bottom);
      return Math.min(1, Math.max(0, place));
    },
  };
}

/** Steps of a linear chart that have a number, at most. */
const STEP_TICKS = 4;

function stepScale(profile: readonly number[], limit: number): Scale {
  const top = Math.max(2, limit + 1, ...profile.filter(Number.isFinite));
  const step = Math.ceil(top / STEP_TICKS);
  const ticks = [];
  for (let value = 0; value <= top; value += step) ticks.push({ value, text: String(value) });
  return { ticks, place: (value) => Math.min(1, value / top) };
}

/** Width of a bar of the histogram with its space. */
const BAR = 38;

/** Renders the number of elements by the decade of their error. */
export function ErrorHistogram({ result }: { result: SeamResult }): JSX.Element | null {
  const { comparison: { decades, elements, differing }, seam } = result;
  if (decades === undefined || decades.length === 0) return null;
  const [first, last] = [decades[0]!.exponent, decades.at(-1)!.exponent];
  const all = Array.from({ length: last - first + 1 }, (_, at) => ({
    exponent: first + at,
    count: decades.find(({ exponent }) => exponent === first + at)?.count ?? 0,
  }));
  const [width, height] = [Math.max(180, LEFT + all.length * BAR), 150];
  const largest = Math.log10(Math.max(...all.map(({ count }) => count)) + 1);
  const base = height - 36;
  const label = `${differing} of ${elements} elements of ${seam} differ: ` +
    all.map(({ exponent, count }) => `${count} from 1e${exponent}`).join(", ");
  return (
    <figure>
      <svg
        class="errors"
        role="img"
        aria-label={label}
        width={width}
        viewBox={`0 0 ${width} ${height}`}
        style="max-width: 100%; height: auto"
      >
        {all.map(({ exponent, count }, at) => {
          const tall = (base - 16) * Math.log10(count + 1) / largest;
          const middle = LEFT + at * BAR + BAR / 2;
          return (
            <g key={exponent}>
              <rect x={middle - 12} width="24" y={rounded(base - tall)} height={rounded(tall)} />
              <text x={middle} y={rounded(base - tall - 4)} text-anchor="middle">
                {count === 0 ? "" : shortCount(count)}
              </text>
              <text x={middle} y={height - 20} text-anchor="middle">{`1e${exponent}`}</text>
            </g>
          );
        })}
        <text x={LEFT} y={height - 4}>error from</text>
      </svg>
      <figcaption>
        {`elements by the size of their error; ${figure(100 * differing / elements)} % differ`}
      </figcaption>
    </figure>
  );
}

function shortCount(count: number): string {
  if (count < 1000) return String(count);
  return count < 1e6 ? `${figure(count / 1e3)}k` : `${figure(count / 1e6)}M`;
}

/** Size of a cell of the heat map. */
const CELL = { width: 14, height: 18 } as const;

/** Decades below the largest error that have a shade. */
const SHADES = 3;

/** Renders the cells as rectangles, the highest index on top. A darker cell has a larger error. */
export function HeatMap(
  { picture: { rowAxis, columnAxis, cells } }: { picture: Picture },
): JSX.Element {
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
        fill-opacity={Math.max(0.05, 1 + Math.log10(cell / largest) / SHADES).toFixed(2)}
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

function rounded(value: number): number {
  return Math.round(10 * value) / 10;
}
