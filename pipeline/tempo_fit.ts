/**
 * The tempo as musicians use it: grids of equal beats fitted to the beats that were found.
 *
 * @module
 */

import { indexBeats } from "./beat_indices.ts";
import { fitGrid, type Grid, isOnGrid, nearestPosition } from "./grid.ts";
import { quantile, weightedMedian } from "./order_statistics.ts";
import type { FittedTempo } from "./result_types.ts";

/** Share of the beats that lie on one grid where the tempo is constant; also within a piece of the curve. */
export const CONSTANT_SHARE = 0.9;

/** Fewest beats of a piece of the curve. */
const FEWEST_BEATS = 4;

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
 * One grid is fitted first. The tempo is constant where {@linkcode CONSTANT_SHARE} of the beats lie on it. Otherwise the beats
 * are divided, from the first on, into the longest pieces of which the same is true. Missing and added beats do not move a grid:
 * see {@linkcode indexBeats}.
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
  const indices = indexBeats(beats);
  const whole = pieceOf(beats, indices, 0, beats.length);
  const isConstant = isSteady(beats, whole);
  const divided = isConstant ? [] : withNearestBorders(beats, indices, divide(beats, indices));
  const pieces = divided.length === 0 ? [whole] : divided;
  const bpm = weightedMedian(pieces.map(({ grid, first, end }) => ({
    value: 60 / grid.period,
    weight: beats[end - 1]! - beats[first]!,
  })));
  const octaves = range === undefined ? 0 : octavesInto(bpm, range);
  const factor = 2 ** octaves;
  const deviations = beats.map((beat, at) => Math.abs(beat - gridTimeOf(beats, pieces, at)));
  return {
    bpm: bpm * factor,
    anchor: anchorOf(beats, positions, pieces),
    constant: isConstant,
    octaves,
    deviation: { median: quantile(deviations, 0.5), percentile_95: quantile(deviations, 0.95) },
    curve: pieces.map((piece) => ({
      start: nearestPosition(piece.grid, beats[piece.first]!),
      bpm: 60 / piece.grid.period * factor,
    })),
    confidence: confidenceOf(beats, indices, pieces),
  };
}

function pieceOf(
  beats: readonly number[],
  indices: readonly (number | null)[],
  first: number,
  end: number,
): Piece {
  return { grid: fitGrid(beats.slice(first, end), indices.slice(first, end)), first, end };
}

/** Returns whether enough of a piece's beats lie on its grid. */
function isSteady(beats: readonly number[], { grid, first, end }: Piece): boolean {
  const onGrid = beats.slice(first, end).filter((beat) => isOnGrid(grid, beat));
  return onGrid.length >= CONSTANT_SHARE * (end - first);
}

/** Divides beats into the longest steady pieces, from the first on; leaves out beats with which none can begin. */
function divide(beats: readonly number[], indices: readonly (number | null)[]): Piece[] {
  const steady = (first: number, end: number): Piece | null => {
    const piece = pieceOf(beats, indices, first, end);
    return isSteady(beats, piece) ? piece : null;
  };
  const pieces: Piece[] = [];
  let first = 0;
  while (first + FEWEST_BEATS <= beats.length) {
    const shortest = steady(first, first + FEWEST_BEATS);
    if (shortest === null) {
      first++;
      continue;
    }
    let longest: Piece = shortest;
    // Doubled steps while the piece stays steady, then halved ones, find its end in few fits.
    for (let step = FEWEST_BEATS; step > 0;) {
      const end = Math.min(longest.end + step, beats.length);
      const longer: Piece | null = end > longest.end ? steady(first, end) : null;
      longest = longer ?? longest;
      step = longer === null ? Math.floor(step / 2) : 2 * step;
    }
    const { grid } = longest;
    const end = 1 + beats.findLastIndex((beat, at) => at < longest.end && isOnGrid(grid, beat));
    pieces.push(end === longest.end ? longest : { grid, first, end });
    first = end;
  }
  return pieces;
}

/** Moves each border between two pieces to where their beats are nearest to the grids, and fits the grids again. */
function withNearestBorders(
  beats: readonly number[],
  indices: readonly (number | null)[],
  pieces: readonly Piece[],
): Piece[] {
  const borders = pieces.map(({ first }) => first);
  for (const [at, after] of pieces.entries()) {
    const before = pieces[at - 1];
    if (before?.end !== after.first) continue;
    const [from, to] = [borders[at - 1]!, after.end];
    // The cost of the border at the first beat from which it may be moved; each step moves one beat over.
    let cost = 0;
    let least = Infinity;
    for (let beat = from; beat <= to - FEWEST_BEATS; beat++) {
      if (beat >= from + FEWEST_BEATS && cost < least) [least, borders[at]] = [cost, beat];
      cost += distance(before.grid, beats[beat]!) - distance(after.grid, beats[beat]!);
    }
  }
  return pieces.map(({ end }, at) => {
    const isBordered = pieces[at + 1]?.first === end;
    return pieceOf(beats, indices, borders[at]!, isBordered ? borders[at + 1]! : end);
  });
}

/** Returns the distance of a beat from a grid, in periods. */
function distance(grid: Grid, beat: number): number {
  return Math.abs(beat - nearestPosition(grid, beat)) / grid.period;
}

/** Returns the position next to a beat on the grid of the beat's piece, or of the one before it. */
function gridTimeOf(beats: readonly number[], pieces: readonly Piece[], at: number): number {
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
      const time = nearestPosition(grid, beat);
      return isOnGrid(grid, beat) && time >= 0 ? [{ time, position: positions[first + at] }] : [];
    })
  );
  return (times.find(({ position }) => position === 1) ?? times[0])?.time ?? beats[0]!;
}

/**
 * Returns the F-measure of beats against positions: twice the positions with a beat, divided by the beats and the positions from
 * the first to the last of them. Two beats of each piece, which determine its grid, do not count.
 */
function confidenceOf(
  beats: readonly number[],
  indices: readonly (number | null)[],
  pieces: readonly Piece[],
): number {
  let hits = 0;
  for (const { grid, first, end } of pieces) {
    const onGrid = beats.slice(first, end).filter((beat) => isOnGrid(grid, beat));
    hits += new Set(onGrid.map((beat) => Math.round((beat - grid.origin) / grid.period))).size;
  }
  const determining = 2 * pieces.length;
  const positions = 1 + (indices.findLast((index) => index !== null) ?? 0);
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
