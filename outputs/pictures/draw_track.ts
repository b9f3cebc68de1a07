/**
 * The plot of a track: segments, waveforms, beats, activations and tempo over one axis of time.
 *
 * @module
 */

import { PROGRAM } from "../../core/program.ts";
import { FRAMES_PER_SECOND } from "../../pipeline/spectrogram.ts";
import { LABELS } from "../../pipeline/functional.ts";
import { type ColourName, labelColour } from "./colours.ts";
import { largestOf, levelsOf, meansOf } from "./envelope.ts";
import {
  areaBetween,
  fitted,
  lineThrough,
  type Point,
  rounded,
  type Scene,
  type Shape,
  type Text,
  textWidth,
  verticals,
} from "./scene.ts";
import { clock, factsOf, localTempi, type TrackView } from "./track_view.ts";

const WIDTH = 1200;
const LEFT = 92;
const RIGHT = 20;
const PLOT = WIDTH - LEFT - RIGHT;
const GAP = 12;

/** Smallest distance between two beats, and between two numbers of bars. */
const BEAT_ROOM = 2.5;
const BAR_NUMBER_ROOM = 44;

/** Smallest distance between two times of the axis. */
const TIME_ROOM = 56;

/** Steps of the axis, seconds. */
const TIME_STEPS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/** Shortest segment whose missing name is explained by the legend, seconds: upstream's first may be one frame. */
const SHORT_SECONDS = 0.5;

/** Parts of the track in one of which a label of the legend has this mean probability. */
const LEGEND_PARTS = 50;
const LEGEND_PROBABILITY = 0.15;

/** What every row needs. */
interface Canvas {
  readonly view: TrackView;
  readonly shapes: Shape[];
  /** Horizontal position of a time. */
  readonly x: (seconds: number) => number;
}

/** Draws a row from a height on and returns its height. */
type Row = (canvas: Canvas, top: number) => number;

/**
 * Draws a track.
 *
 * @param view the parts of the analysis
 * @returns a drawing 1200 wide
 */
export function drawTrack(view: TrackView): Scene {
  const seconds = Math.max(view.durationSeconds, 1 / FRAMES_PER_SECOND);
  const canvas: Canvas = {
    view,
    shapes: [],
    x: (time) => LEFT + clamped((time - view.startSeconds) / seconds) * PLOT,
  };
  const hidden = unnamedLabels(canvas);
  const [mix, ...stems] = view.waves;
  let top = heading(canvas, 0);
  const ribbonTop = top;
  top += ribbon(canvas, top) + GAP;
  const plotTop = top;
  const waves = [
    ...(mix === undefined ? [] : [waveRow(mix, stems.length === 0 ? 120 : 88)]),
    ...stems.map((stem) => waveRow(stem, 44)),
  ];
  const rows: Row[] = [...waves, beatRow, activationRow, labelRow, tempoRow];
  for (const row of rows) top += row(canvas, top) + GAP;
  const plotBottom = top - GAP;
  // The bands lie below everything else.
  canvas.shapes.unshift(
    { kind: "rectangle", x: 0, y: 0, width: WIDTH, height: 0, fill: "ground" },
    ...bands(canvas, ribbonTop, plotTop, plotBottom),
  );
  top += axis(canvas, plotTop, plotBottom);
  top += legend(canvas, top, hidden);
  const height = Math.ceil(top + 8);
  canvas.shapes[0] = { kind: "rectangle", x: 0, y: 0, width: WIDTH, height, fill: "ground" };
  const { bpm, beats, segments } = view.result;
  const words = `${view.title}: ${
    bpm ?? "no"
  } bpm, ${beats.length} beats, ${segments.length} segments`;
  return { width: WIDTH, height, title: words, shapes: canvas.shapes };
}

function heading({ view, shapes }: Canvas, top: number): number {
  const facts = factsOf(view).join(" · ");
  const room = WIDTH - 2 * RIGHT - textWidth(facts, 13) - 24;
  shapes.push(
    text(RIGHT, top + 32, fitted(view.title, 18, room, true), { size: 18, bold: true }),
    text(WIDTH - RIGHT, top + 32, facts, { size: 13, fill: "muted", anchor: "end" }),
  );
  return 50;
}

/** Draws the segments with their labels and the times of their starts. */
function ribbon({ view, shapes, x }: Canvas, top: number): number {
  const height = 38;
  shapes.push(rowName("segments", top + 22));
  const { segments } = view.result;
  if (segments.length === 0) shapes.push(nothing("no segments found", top + 23));
  for (const { start, end, label } of segments) {
    const [left, right] = [x(start), x(end)];
    // A gap of one point separates neighbours; the shortest stay visible.
    const width = Math.max(0.5, right - left - (right - left > 3 ? 1 : 0));
    shapes.push({
      ...{ kind: "rectangle", x: left, y: top, width, height, fill: labelColour(label) },
      radius: Math.min(4, width / 2),
      title: `${label}, ${clock(start, 1)} to ${clock(end, 1)}`,
    });
    if (!fits(label, width)) continue;
    shapes.push(text(left + 7, top + 17, label, { size: 13, bold: true, fill: "onLabel" }));
    const time = clock(start);
    if (textWidth(time, 10.5) + 12 > width) continue;
    shapes.push(text(left + 7, top + 31, time, { size: 10.5, fill: "onLabel" }));
  }
  return height;
}

function fits(label: string, width: number): boolean {
  return textWidth(label, 13, true) + 11 <= width;
}

/** Returns the labels that are drawn and that the segments do not name: too short, or probable at some time only. */
function unnamedLabels({ view, x }: Canvas): string[] {
  const segments = view.result.segments.filter(({ start, end }) => end - start > SHORT_SECONDS);
  const isNamed = ({ start, end, label }: typeof segments[number]): boolean =>
    fits(label, x(end) - x(start) - 1);
  const named = new Set(segments.filter(isNamed).map(({ label }) => label));
  const { data, shape } = view.activations["activations.function"];
  const frames = shape[1] ?? 0;
  const probable = LABELS.filter((_, label) =>
    Math.max(0, ...meansOf(data, LEGEND_PARTS, label * frames, frames)) > LEGEND_PROBABILITY
  );
  const all = new Set([...segments.map(({ label }) => label), ...probable]);
  return [...all].filter((label) => !named.has(label));
}

/** Tints the time of each segment, and draws lines at the boundaries. */
function bands({ view, x }: Canvas, ribbonTop: number, top: number, bottom: number): Shape[] {
  const { segments } = view.result;
  return [
    ...segments.map(({ start, end, label }): Shape => ({
      ...{ kind: "rectangle", x: x(start), y: top - GAP / 2, width: x(end) - x(start) },
      ...{ height: bottom - top + GAP / 2, fill: labelColour(label), opacity: 0.16 },
    })),
    {
      kind: "path",
      commands: verticals(segments.slice(1).map(({ start }) => x(start)), ribbonTop, bottom),
      ...{ stroke: "boundary", opacity: 0.55, dashes: 3 },
    },
  ];
}

/** Returns the row of a waveform: peaks, and within them the root of the mean square. */
function waveRow({ name, envelope }: TrackView["waves"][number], height: number): Row {
  return ({ shapes, x, view }, top) => {
    const { peak, rms } = levelsOf(envelope, height > 60 ? PLOT : PLOT / 2);
    const largest = Math.max(...peak, 1e-4);
    const middle = top + height / 2;
    const step = envelope.peak.length / FRAMES_PER_SECOND / peak.length;
    const at = (i: number): number => x(view.startSeconds + (i + 0.5) * step);
    for (const [values, fill] of [[peak, "peaks"], [rms, "wave"]] as const) {
      const points = (sign: number): Point[] =>
        values.map((value, i) => [at(i), middle + sign * value / largest * height / 2]);
      shapes.push({ kind: "path", commands: areaBetween(points(-1), points(1)), fill });
    }
    shapes.push(rowName(name, middle + 4));
    return height;
  };
}

/** Draws beats and downbeats, and numbers of bars; of a long track only every second bar, or every fourth and so on. */
function beatRow({ view, shapes, x }: Canvas, top: number): number {
  const height = 34;
  const { beats, downbeats, beat_positions } = view.result;
  shapes.push(rowName("beats", top + 13));
  if (beats.length === 0) shapes.push(nothing("no beats found", top + 14));
  const others = beats.filter((_, beat) => beat_positions[beat] !== 1);
  const spaceOf = (times: readonly number[]): number =>
    times.length < 2 ? Infinity : (x(times.at(-1)!) - x(times[0]!)) / (times.length - 1);
  if (spaceOf(beats) >= BEAT_ROOM) {
    shapes.push({
      kind: "path",
      commands: verticals(others.map(x), top + 6, top + 16),
      ...{ stroke: "beat", width: 1 },
    });
  }
  const bar = spaceOf(downbeats);
  const every = (room: number): number => 2 ** Math.max(0, Math.ceil(Math.log2(room / bar)));
  const lines = every(BEAT_ROOM);
  const numbers = every(BAR_NUMBER_ROOM);
  const shown = downbeats.filter((_, number) => number % lines === 0);
  shapes.push({
    kind: "path",
    commands: verticals(shown.map(x), top, top + 18),
    ...{ stroke: "downbeat", width: lines > 1 || bar < 5 ? 0.8 : 1.4 },
  });
  for (const [bar, time] of downbeats.entries()) {
    if (bar % numbers !== 0 || x(time) > WIDTH - RIGHT - 12) continue;
    shapes.push(text(x(time) + 2, top + 31, `${bar + 1}`, { size: 10.5, fill: "muted" }));
  }
  if (lines > 1) shapes.push(rowName(`every ${ordinal(lines)} bar`, top + 31, 10.5));
  else if (downbeats.length > 0) shapes.push(rowName("bar", top + 31, 10.5));
  return height;
}

/** Returns a power of two as an ordinal number, `2nd`. */
function ordinal(value: number): string {
  return value % 10 === 2 && value % 100 !== 12 ? `${value}nd` : `${value}th`;
}

/** Draws the probabilities of beats, downbeats and boundaries. */
function activationRow({ view, shapes, x }: Canvas, top: number): number {
  const height = 64;
  const kinds: readonly [name: string, values: Float32Array, colour: ColourName, area: boolean][] =
    [
      ["beat", view.activations["activations.beat"].data, "beat", true],
      ["downbeat", view.activations["activations.downbeat"].data, "downbeat", true],
      ["boundary", view.activations["activations.section"].data, "boundary", false],
    ];
  const bottom = top + height;
  for (const [name, values, colour, isArea] of kinds) {
    const columns = largestOf(values, 2 * PLOT);
    const step = values.length / FRAMES_PER_SECOND / columns.length;
    const points = columns.map((value, i): Point => [
      x(view.startSeconds + (i + 0.5) * step),
      bottom - clamped(value) * height,
    ]);
    if (points.length === 0) continue;
    const first: Point = [points[0]![0], bottom];
    const last: Point = [points.at(-1)![0], bottom];
    shapes.push(
      isArea
        ? {
          kind: "path",
          commands: `${lineThrough([first, ...points, last])}Z`,
          ...{ fill: colour, opacity: name === "beat" ? 0.45 : 0.75 },
        }
        : { kind: "path", commands: lineThrough(points), stroke: colour, width: 1.2 },
    );
  }
  shapes.push(
    rowName("activations", top + 12),
    ...kinds.map(([name, , colour], i) => rowName(name, top + 28 + 14 * i, 10.5, colour)),
    baseline(bottom),
  );
  return height;
}

/** Draws the probabilities of the labels, one above the other. */
function labelRow({ view, shapes, x }: Canvas, top: number): number {
  const height = 40;
  const { data, shape } = view.activations["activations.function"];
  const frames = shape[1] ?? 0;
  const columns = LABELS.map((_, label) => meansOf(data, PLOT / 2, label * frames, frames));
  const count = columns[0]?.length ?? 0;
  const step = frames / FRAMES_PER_SECOND / Math.max(1, count);
  let lower = Array.from({ length: count }, (): number => top + height);
  const at = (i: number): number =>
    x(
      view.startSeconds + (i === 0 ? 0 : i === count - 1 ? view.durationSeconds : (i + 0.5) * step),
    );
  for (const [label, values] of columns.entries()) {
    const upper = values.map((value, i) => lower[i]! - clamped(value) * height);
    const edge = (ys: readonly number[]): Point[] => ys.map((y, i) => [at(i), y]);
    if (Math.max(0, ...values) > 0.01) {
      shapes.push({
        kind: "path",
        commands: areaBetween(edge(upper), edge(lower)),
        fill: labelColour(LABELS[label] ?? ""),
      });
    }
    lower = upper;
  }
  shapes.push(rowName("labels", top + 17), rowName("probability", top + 31, 10.5));
  return height;
}

/** Draws the tempo at each beat. */
function tempoRow({ view, shapes, x }: Canvas, top: number): number {
  const height = 56;
  const tempi = localTempi(view.result.beats);
  shapes.push(rowName("tempo", top + 17), rowName("bpm", top + 31, 10.5));
  if (tempi.length === 0) {
    shapes.push(nothing("no tempo found", top + 17));
    return height;
  }
  const all = tempi.map(({ bpm }) => bpm);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  // A steady tempo is a line in the middle, not noise.
  const middle = (least + most) / 2;
  const half = Math.max((most - least) * 0.55, middle * 0.04);
  const y = (bpm: number): number => top + height / 2 - (bpm - middle) / half * height / 2;
  const step = [1, 2, 5, 10, 20, 50].find((step) => half * 2 / step <= 4) ?? 100;
  for (let bpm = Math.ceil((middle - half) / step) * step; bpm <= middle + half; bpm += step) {
    shapes.push(
      {
        kind: "path",
        commands: lineThrough([[LEFT, y(bpm)], [WIDTH - RIGHT, y(bpm)]]),
        ...{ stroke: "line", width: 0.75 },
      },
      text(LEFT - 6, y(bpm) + 3.5, `${bpm}`, { size: 10, fill: "muted", anchor: "end" }),
    );
  }
  const columns = thinned(tempi.map(({ time, bpm }): Point => [x(time), y(bpm)]));
  shapes.push({ kind: "path", commands: lineThrough(columns), stroke: "tempo", width: 1.6 });
  return height;
}

/** Returns the points of a line without those that are closer than half a point to the one before. */
function thinned(points: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (const point of points) {
    const before = kept.at(-1);
    if (before === undefined || point[0] - before[0] >= 0.5) kept.push(point);
  }
  return kept;
}

function axis({ view, shapes, x }: Canvas, top: number, bottom: number): number {
  const { startSeconds, durationSeconds } = view;
  const step = TIME_STEPS.find((step) => step / durationSeconds * PLOT >= TIME_ROOM) ??
    Math.ceil(durationSeconds / (PLOT / TIME_ROOM) / 3600) * 3600;
  const first = Math.ceil(startSeconds / step);
  const last = Math.floor((startSeconds + durationSeconds) / step);
  const times = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
  shapes.push(
    { kind: "path", commands: verticals(times.map(x), bottom, bottom + 5), stroke: "muted" },
    baseline(bottom),
    rowName("time", bottom + 17),
  );
  for (const time of times) {
    const words = clock(time, step < 1 ? 1 : 0);
    if (x(time) + textWidth(words, 11) / 2 > WIDTH - 4) continue;
    shapes.push(text(x(time), bottom + 17, words, { size: 11, fill: "muted", anchor: "middle" }));
  }
  return top < bottom ? 16 : 0;
}

/** Names the colours of labels that had no room, and says what made the result. */
function legend({ view, shapes }: Canvas, top: number, labels: readonly string[]): number {
  const height = 22;
  let left = LEFT;
  for (const label of labels) {
    shapes.push(
      { kind: "rectangle", x: left, y: top + 5, width: 10, height: 10, fill: labelColour(label) },
      text(left + 14, top + 14, label, { size: 11, fill: "muted" }),
    );
    left += 14 + textWidth(label, 11) + 16;
  }
  const { model, demixer } = view.result.provenance;
  const maker = `${PROGRAM}, ${model}, ${demixer === "external" ? "given stems" : demixer}`;
  shapes.push(text(WIDTH - RIGHT, top + 14, maker, { size: 10.5, fill: "muted", anchor: "end" }));
  return height;
}

function clamped(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function baseline(y: number): Shape {
  const commands = `M${LEFT} ${rounded(y)}L${WIDTH - RIGHT} ${rounded(y)}`;
  return { kind: "path", commands, stroke: "line" };
}

function nothing(words: string, y: number): Text {
  return text(LEFT + 4, y, words, { size: 12, fill: "muted" });
}

/** Returns the name of a row, left of it. */
function rowName(name: string, y: number, size = 12, fill: ColourName = "ink"): Text {
  return text(RIGHT, y, name, { size, fill: size < 12 && fill === "ink" ? "muted" : fill });
}

function text(
  x: number,
  y: number,
  words: string,
  style: Partial<Text> & { readonly size: number },
): Text {
  return { kind: "text", x, y, text: words, fill: "ink", ...style };
}
