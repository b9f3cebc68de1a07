/**
 * The tempo as musicians use it: grids of equal beats fitted to the beats that were found.
 *
 * @module
 */

import {
  type Grid,
  gridOfFew,
  isOnGrid,
  nearestIndex,
  nearestPosition,
  refineGrid,
} from "./grid.ts";
import { median, quantile, weightedMedian } from "./order_statistics.ts";
import type { FittedTempo } from "./result_types.ts";

/** Share of the beats that lie on one grid where the tempo is constant; also within a piece of the curve. */
const STEADY_SHARE = 0.9;

/** Fewest beats of a piece of the curve. */
const FEWEST_BEATS = 8;

/** Slowest and fastest tempo, beats a minute; both are in the range, which has at least an octave. */
export type BpmRange = readonly [slowest: number, fastest: number];

/** A grid and the beats that it is fitted to: those from `first` to before `end`. */
interface Piece {
  readonly grid: Grid;
  readonly first: number;
  readonly end: number;
}

/**
 * Fits the tempo to beats.
 *
 * The beats are divided, from the first on, into the longest pieces that are steady: {@linkcode STEADY_SHARE} of the beats lie
 * on one grid. The grid of the longest piece is then continued over all beats; where all are steady, the tempo is constant. A beat
 * belongs to the position of the grid that is nearest to it, so that missing and added beats do not move the grid. The tempo is
 * that of most beats of a piece: where a short part of it is twice as fast, the grid has positions between those of the tempo.
 *
 * @param beats `[n]` seconds, ascending
 * @param positions `[n]` position of each beat in its bar, 1 = downbeat
 * @param range range into which the tempo is moved by octaves; absent to keep the tempo of the beats
 * @returns null for fewer than two beats
 */
export function fitTempo(
  beats: readonly number[],
  positions: readonly number[],
  range?: BpmRange,
): FittedTempo | null {
  const [earliest = NaN, latest = NaN] = [beats[0], beats.at(-1)];
  if (!(latest > earliest)) return null;
  const divided = divide(beats);
  const whole = continued(beats, divided);
  const isConstant = isSteady(beats, whole);
  const found = isConstant || divided.length === 0
    ? [whole]
    : withNearestBorders(beats, withoutSplits(beats, divided));
  const pieces = found.map((piece) => atMostBeats(beats, piece));
  const bpm = rounded(weightedMedian(pieces.map(({ grid, first, end }) => ({
    value: 60 / grid.period,
    weight: beats[end - 1]! - beats[first]!,
  }))));
  const octaves = range === undefined ? 0 : octavesInto(bpm, range);
  const factor = 2 ** octaves;
  const deviations = beats.map((beat, at) => Math.abs(beat - positionOf(beats, pieces, at)));
  return {
    bpm: bpm * factor,
    anchor: anchorOf(beats, positions, pieces),
    constant: isConstant,
    octaves,
    deviation: {
      median: rounded(quantile(deviations, 0.5)),
      percentile_95: rounded(quantile(deviations, 0.95)),
    },
    curve: pieces.map((piece) => ({
      start: rounded(nearestPosition(piece.grid, beats[piece.first]!)),
      bpm: rounded(60 / piece.grid.period) * factor,
    })),
    confidence: confidenceOf(beats, pieces),
  };
}

/** Rounds to nine decimals: the digits after them are errors of the sums, by which 60 bpm would be 59.999999999999986. */
function rounded(value: number): number {
  // Adding 0 makes 0 of -0.
  return Math.round(value * 1e9) / 1e9 + 0;
}

/** Returns whether enough of a piece's beats lie on its grid. */
function isSteady(beats: readonly number[], { grid, first, end }: Piece): boolean {
  const onGrid = beats.slice(first, end).filter((beat) => isOnGrid(grid, beat));
  return onGrid.length >= STEADY_SHARE * (end - first);
}

/** Continues the grid of the longest piece over all beats, twice as many at a time. */
function continued(beats: readonly number[], pieces: readonly Piece[]): Piece {
  const length = ({ first, end }: Piece): number => end - first;
  const [longest] = pieces.toSorted((a, b) => length(b) - length(a));
  if (longest === undefined) return { grid: gridOfFew(beats), first: 0, end: beats.length };
  let piece = longest;
  while (length(piece) < beats.length) {
    const first = Math.max(0, piece.first - length(piece));
    const end = Math.min(beats.length, piece.end + length(piece));
    piece = { grid: refineGrid(piece.grid, beats.slice(first, end)), first, end };
  }
  return piece;
}

/** Divides beats into the longest steady pieces, from the first on; leaves out beats with which none can begin. */
function divide(beats: readonly number[]): Piece[] {
  const pieces: Piece[] = [];
  let first = 0;
  while (first + FEWEST_BEATS <= beats.length) {
    const end = first + FEWEST_BEATS;
    const few: Piece = { grid: gridOfFew(beats.slice(first, end)), first, end };
    if (!isSteady(beats, few)) {
      first++;
      continue;
    }
    const longest = lengthened(beats, few);
    pieces.push(longest);
    first = longest.end;
  }
  return pieces;
}

/** Lengthens a piece as far as it stays steady, up to its last beat that lies on the grid. */
function lengthened(beats: readonly number[], piece: Piece): Piece {
  let { grid, first, end } = piece;
  // Doubled steps while the piece stays steady, then halved ones, find its end in few fits.
  for (let step = end - first; step > 0;) {
    const further = Math.min(end + step, beats.length);
    const longer: Piece = {
      grid: refineGrid(grid, beats.slice(first, further)),
      first,
      end: further,
    };
    const isLonger = further > end && isSteady(beats, longer);
    if (isLonger) ({ grid, end } = longer);
    step = isLonger ? 2 * step : Math.floor(step / 2);
  }
  return {
    grid,
    first,
    end: 1 + beats.findLastIndex((beat, at) => at < end && isOnGrid(grid, beat)),
  };
}

/** Joins neighbouring pieces that are steady together, as those on both sides of a few stray beats. */
function withoutSplits(beats: readonly number[], pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    let last = piece;
    for (;;) {
      const before = joined.at(-1);
      const both = before && continued(beats.slice(before.first, last.end), [
        { ...before, first: 0, end: before.end - before.first },
        { ...last, first: last.first - before.first, end: last.end - before.first },
      ]);
      const whole = both && { grid: both.grid, first: before.first, end: last.end };
      if (whole === undefined || !isSteady(beats, whole)) break;
      joined.pop();
      last = whole;
    }
    joined.push(last);
  }
  return joined;
}

/** Moves each border between two pieces to where their beats are nearest to the grids, and fits the grids again. */
function withNearestBorders(beats: readonly number[], pieces: readonly Piece[]): Piece[] {
  const borders = pieces.map(({ first }) => first);
  for (const [at, after] of pieces.entries()) {
    const before = pieces[at - 1];
    if (before?.end !== after.first) continue;
    const from = borders[at - 1]!;
    // The cost of a border at the first beat; each step moves one beat over.
    let cost = 0;
    let least = Infinity;
    for (let beat = from; beat <= after.end - FEWEST_BEATS; beat++) {
      if (beat >= from + FEWEST_BEATS && cost < least) [least, borders[at]] = [cost, beat];
      cost += periodsFrom(before.grid, beats[beat]!) - periodsFrom(after.grid, beats[beat]!);
    }
  }
  return pieces.map((piece, at) => {
    const first = borders[at]!;
    const end = pieces[at + 1]?.first === piece.end ? borders[at + 1]! : piece.end;
    return { grid: refineGrid(piece.grid, beats.slice(first, end)), first, end };
  });
}

/**
 * Leaves positions out of the grid of a piece where most of its beats are two or more positions apart, as where a part of it has
 * double tempo.
 */
function atMostBeats(beats: readonly number[], { grid, first, end }: Piece): Piece {
  const indices = beats.slice(first, end).filter((beat) => isOnGrid(grid, beat))
    .map((beat) => nearestIndex(grid, beat));
  const steps = indices.slice(1).map((index, at) => index - indices[at]!);
  const step = steps.length === 0 ? 1 : Math.floor(median(steps));
  if (step < 2) return { grid, first, end };
  const counts = new Array<number>(step).fill(0);
  const phaseOf = (index: number): number => ((index % step) + step) % step;
  for (const index of indices) counts[phaseOf(index)]!++;
  const phase = counts.indexOf(Math.max(...counts));
  const { origin, period } = grid;
  return { grid: { origin: origin + phase * period, period: step * period }, first, end };
}

/** Returns the distance of a beat from a grid, in periods. */
function periodsFrom(grid: Grid, beat: number): number {
  return Math.abs(beat - nearestPosition(grid, beat)) / grid.period;
}

/** Returns the position next to a beat on the grid of the beat's piece, or of the one before it. */
function positionOf(beats: readonly number[], pieces: readonly Piece[], at: number): number {
  const { grid } = pieces.findLast(({ first }) => first <= at) ?? pieces[0]!;
  return nearestPosition(grid, beats[at]!);
}

/** Returns the position of the first downbeat on a grid, else of the first beat on one, that is not before 0. */
function anchorOf(
  beats: readonly number[],
  positions: readonly number[],
  pieces: readonly Piece[],
): number {
  const times = pieces.flatMap(({ grid, first, end }) =>
    beats.slice(first, end).flatMap((beat, at) => {
      const time = rounded(nearestPosition(grid, beat));
      return isOnGrid(grid, beat) && time >= 0 ? [{ time, position: positions[first + at] }] : [];
    })
  );
  return (times.find(({ position }) => position === 1) ?? times[0])?.time ?? beats[0]!;
}

/**
 * Returns the F-measure of beats against positions: twice the positions with a beat, divided by the beats and the positions from
 * the first beat to the last. Two beats of each piece, which determine its grid, do not count.
 */
function confidenceOf(beats: readonly number[], pieces: readonly Piece[]): number {
  let hits = 0;
  let positions = 1;
  for (const [at, { grid, first, end }] of pieces.entries()) {
    const onGrid = beats.slice(first, end).filter((beat) => isOnGrid(grid, beat));
    hits += new Set(onGrid.map((beat) => nearestIndex(grid, beat))).size;
    // Beats between two pieces are counted by the grid before them.
    const from = beats[at === 0 ? 0 : first]!;
    const to = beats[pieces[at + 1]?.first ?? beats.length - 1]!;
    positions += nearestIndex(grid, to) - nearestIndex(grid, from);
  }
  const determining = 2 * pieces.length;
  const possible = beats.length + positions - 2 * determining;
  return possible <= 0 ? 0 : Math.min(1, Math.max(0, 2 * (hits - determining) / possible));
}

/** Returns the number of octaves, nearest to 0, that brings a tempo into a range. */
function octavesInto(bpm: number, [slowest, fastest]: BpmRange): number {
  for (let octaves = 0; octaves <= 16; octaves++) {
    for (const signed of [octaves, -octaves]) {
      const moved = bpm * 2 ** signed;
      if (moved >= slowest && moved <= fastest) return signed === 0 ? 0 : signed;
    }
  }
  throw new RangeError(
    `Expected a range of tempi of at least an octave, but got ${slowest} to ${fastest} bpm`,
  );
}
