/**
 * Renders a timeline as a table whose rows have bars on a common axis.
 *
 * @module
 */

import type { JSX } from "preact";
import { secondsFigure } from "../figures.ts";
import type { TimedStage, Timeline, TimelineRow } from "../timeline.ts";

/**
 * Renders one row for each stage: its bars, their start and end, and their total length.
 *
 * @param props the timeline, and the caption of the table
 */
export function TimelineTable(
  { timeline: { rows, seconds }, caption }: { timeline: Timeline; caption: string },
): JSX.Element {
  return (
    <table class="timeline">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">stage</th>
          <th scope="col" class="axis">
            <span class="hidden">seconds from the start</span>
            <svg width="100%" height="16" aria-hidden="true">
              {(["start", "middle", "end"] as const).map((anchor, nth) => (
                <text key={anchor} x={`${50 * nth}%`} y="12" text-anchor={anchor}>
                  {axisFigure(nth / 2 * seconds, seconds)}
                </text>
              ))}
            </svg>
          </th>
          <th scope="col" class="number wide">start s</th>
          <th scope="col" class="number wide">end s</th>
          <th scope="col" class="number">seconds</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row, nth) => <Row key={nth} row={row} nth={nth} seconds={seconds} />)}
      </tbody>
    </table>
  );
}

function Row(
  { row: { stage, parent, bars }, nth, seconds }: {
    row: TimelineRow;
    nth: number;
    seconds: number;
  },
): JSX.Element {
  const share = (at: number): string => `${(100 * at / (seconds || 1)).toFixed(3)}%`;
  const start = bars.reduce((least, bar) => Math.min(least, bar.start), Infinity);
  const end = bars.reduce((most, bar) => Math.max(most, bar.end), 0);
  const all = bars.reduce((sum, bar) => sum + bar.end - bar.start, 0);
  return (
    <tr class={parent === null ? `bar-${nth % 6}` : "part"}>
      <th scope="row">
        {stage}
        {bars.length > 1 && <small>{` × ${bars.length}`}</small>}
      </th>
      <td>
        <svg class="bars" width="100%" height="20" aria-hidden="true">
          {[0, 25, 50, 75, 100].map((percent) => (
            <line key={percent} x1={`${percent}%`} x2={`${percent}%`} y1="0" y2="20" />
          ))}
          {bars.map((bar, nth) => (
            <rect
              key={nth}
              x={share(bar.start)}
              width={share(bar.end - bar.start)}
              y="4"
              height="12"
            >
              <title>{barWords(bar)}</title>
            </rect>
          ))}
        </svg>
      </td>
      <td class="number wide">{secondsFigure(start)}</td>
      <td class="number wide">{secondsFigure(end)}</td>
      <td class="number">{secondsFigure(all)}</td>
    </tr>
  );
}

function barWords({ start, end, track }: TimedStage): string {
  return `${track === null ? "" : `${track}: `}${secondsFigure(start)} to ${secondsFigure(end)} s`;
}

function axisFigure(value: number, all: number): string {
  return `${value.toFixed(all < 10 ? 2 : all < 100 ? 1 : 0)} s`;
}
