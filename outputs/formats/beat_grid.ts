/**
 * Bars and tempi of a result, as formats with a musical time axis need them.
 *
 * @module
 */

import type { FormatResult } from "./format_result.ts";

/** A beat of a grid. */
export interface GridBeat {
  /** Time in seconds, at least 0. */
  readonly seconds: number;
  /** Position in the bar; 1 = downbeat. */
  readonly position: number;
}

/** A tempo that holds from a position on. */
export interface Tempo {
  /** Start in quarter notes from the start of the track. */
  readonly quarter: number;
  /** Start in seconds. */
  readonly seconds: number;
  /** Length of a quarter note in seconds. */
  readonly secondsPerQuarter: number;
}

/** A time signature that holds from a position on. */
export interface Signature {
  /** Start in quarter notes from the start of the track, where a bar begins. */
  readonly quarter: number;
  readonly beats: number;
  /** 4 for quarter notes; 8, 16 or 32 only before the first beat. */
  readonly unit: number;
}

/** Tempi and time signatures, from the start of the track on. A beat lasts a quarter note. */
export interface TempoMap {
  readonly tempi: readonly Tempo[];
  readonly signatures: readonly Signature[];
  /** Returns the position of a time, in quarter notes. */
  readonly quarterAt: (seconds: number) => number;
}

/** Accuracy of the tempi of a map. */
export interface TempoAccuracy {
  /** Largest difference in seconds between a beat and its place on the map. */
  readonly tolerance: number;
  /** Rounds the length of a quarter note to one that the format can write; exact by default. */
  readonly round?: (secondsPerQuarter: number) => number;
}

/** Length of a beat where fewer than two are known: 120 beats a minute. */
const USUAL_SECONDS = 0.5;

const USUAL_BEATS_PER_BAR = 4;

/** Farthest distance in seconds of a beat from the grid on which it is written. */
const MOST_DISTANCE = 0.03;

/** Returns the beats of a result. */
export function beatsOf({ beats, beat_positions }: FormatResult): GridBeat[] {
  return beats.map((seconds, beat) => ({ seconds, position: beat_positions[beat] ?? 1 }));
}

/**
 * Returns the beats of a result for a tempo map: where the tempo is constant, their places on the fitted grid.
 *
 * A beat that is missing, added, or off the grid cannot be moved onto it: then the beats stay where they are.
 *
 * @param result the analysis
 * @returns the beats, and whether they are those of one grid
 */
export function mappedBeats(result: FormatResult): {
  beats: readonly GridBeat[];
  isSteady: boolean;
} {
  const beats = beatsOf(result);
  const { tempo } = result;
  if (!tempo?.constant) return { beats, isSteady: false };
  // The grid of the beats, not the one that --bpm-range moved by octaves.
  const period = 60 / tempo.bpm * 2 ** tempo.octaves;
  const indices = beats.map(({ seconds }) => Math.round((seconds - tempo.anchor) / period));
  const placed = beats.map(({ position }, beat) => ({
    seconds: tempo.anchor + indices[beat]! * period,
    position,
  }));
  const isSteady = beats.every(({ seconds }, beat) =>
    indices[beat] === indices[0]! + beat &&
    Math.abs(seconds - placed[beat]!.seconds) <= MOST_DISTANCE
  );
  return { beats: isSteady ? placed : beats, isSteady };
}

/**
 * Returns the beats of a result for a grid of DJ software: at the fitted tempo, which `--bpm-range` may have moved by octaves. The
 * first is the first downbeat, where there is one.
 *
 * @param result the analysis
 * @returns the beats, and whether they are those of one grid
 */
export function djBeats(result: FormatResult): {
  beats: readonly GridBeat[];
  isSteady: boolean;
} {
  const { tempo, metre, beats: times } = result;
  const beats = beatsOf(result);
  if (tempo === null) return { beats, isSteady: false };
  const beatsPerBar = metre?.beats_per_bar ?? USUAL_BEATS_PER_BAR;
  if (tempo.constant) {
    const period = 60 / tempo.bpm;
    const count = Math.max(2, 1 + Math.round((times.at(-1)! - tempo.anchor) / period));
    const hasDownbeat = beats.some(({ position }) => position === 1);
    const first = hasDownbeat ? 1 : beats[0]!.position;
    const grid = Array.from({ length: count }, (_, beat): GridBeat => ({
      seconds: tempo.anchor + beat * period,
      position: (first - 1 + beat) % beatsPerBar + 1,
    }));
    return { beats: grid, isSteady: true };
  }
  const downbeat = beats.findIndex(({ position }) => position === 1);
  const from = beats.slice(downbeat >= 0 && downbeat + 1 < beats.length ? downbeat : 0);
  return { beats: inOctaves(from, tempo.octaves, beatsPerBar), isSteady: false };
}

/** Divides the time between beats into equal parts, or leaves out beats. */
function inOctaves(beats: readonly GridBeat[], octaves: number, beatsPerBar: number): GridBeat[] {
  const parts = 2 ** octaves;
  if (octaves < 0) {
    return beats.filter((_, beat) => beat * parts % 1 === 0).map(({ seconds }, beat) => ({
      ...{ seconds, position: beat % beatsPerBar + 1 },
    }));
  }
  return beats.flatMap(({ seconds, position }, beat) => {
    const next = beats[beat + 1];
    return Array.from({ length: next === undefined ? 1 : parts }, (_, part): GridBeat => ({
      seconds: seconds + (next === undefined ? 0 : (next.seconds - seconds) * part / parts),
      position: ((position - 1) * parts + part) % beatsPerBar + 1,
    }));
  });
}

/**
 * Returns the tempo map of beats. Each beat falls on a quarter note, each downbeat on the first of a bar.
 *
 * The time before the first beat is filled with quarter notes at the first tempo; the very first of them takes what is left.
 * Where there is no room for one, a bar of an eighth, a sixteenth or a thirty-second note precedes the first beat.
 *
 * @param beats beats in order
 * @param accuracy accuracy of the tempi
 */
export function tempoMap(beats: readonly GridBeat[], accuracy: TempoAccuracy): TempoMap {
  const lead = leadIn(beats);
  const knots = [
    ...lead.knots,
    ...beats.map(({ seconds }, beat) => ({
      quarter: lead.quarters + beat,
      seconds: Math.max(0, seconds),
    })),
  ];
  const tempi = temposThrough(knots, accuracy);
  return {
    tempi,
    signatures: signaturesOf(beats, lead.quarters),
    quarterAt(seconds): number {
      const tempo = tempi.findLast((tempo) => tempo.seconds <= seconds) ?? tempi[0]!;
      return tempo.quarter + (seconds - tempo.seconds) / tempo.secondsPerQuarter;
    },
  };
}

/** A quarter note whose time is known. */
interface Knot {
  readonly quarter: number;
  readonly seconds: number;
}

/** Returns the length of the time before the first beat in quarter notes, and those of its notes that have a tempo. */
function leadIn(beats: readonly GridBeat[]): { quarters: number; knots: readonly Knot[] } {
  const first = Math.max(0, beats[0]?.seconds ?? 0);
  if (first === 0) return { quarters: 0, knots: [] };
  const start: Knot = { quarter: 0, seconds: 0 };
  const period = beats.length < 2 ? USUAL_SECONDS : beats[1]!.seconds - beats[0]!.seconds;
  const exact = first / period;
  if (exact < 0.75) {
    const eighths = Math.min(2, Math.max(0, Math.round(Math.log2(exact * 8))));
    return { quarters: 2 ** eighths / 8, knots: [start] };
  }
  const quarters = Math.round(exact);
  const knots = [start];
  if (quarters > 1) knots.push({ quarter: 1, seconds: first - (quarters - 1) * period });
  return { quarters, knots };
}

/** Returns the tempi that lead through the knots; a tempo is kept as long as the next knot is within the tolerance. */
function temposThrough(knots: readonly Knot[], { tolerance, round }: TempoAccuracy): Tempo[] {
  const tempi: Tempo[] = [];
  let reached = knots[0]?.seconds ?? 0;
  let last: number | undefined;
  for (let at = 0; at + 1 < knots.length; at++) {
    const [from, to] = [knots[at]!, knots[at + 1]!];
    const quarters = to.quarter - from.quarter;
    if (last === undefined || Math.abs(reached + last * quarters - to.seconds) > tolerance) {
      const exact = Math.max(to.seconds - reached, Number.EPSILON) / quarters;
      last = round === undefined ? exact : round(exact);
      tempi.push({ quarter: from.quarter, seconds: reached, secondsPerQuarter: last });
    }
    reached += last * quarters;
  }
  if (tempi.length === 0) {
    tempi.push({ quarter: 0, seconds: 0, secondsPerQuarter: USUAL_SECONDS });
  }
  return tempi;
}

/** Returns the time signatures: one for the bars before the first downbeat, one wherever the length of the bars changes. */
function signaturesOf(beats: readonly GridBeat[], leadQuarters: number): Signature[] {
  const downbeats = beats.flatMap(({ position }, beat) => position === 1 ? [beat] : []);
  const highest = beats.reduce((most, { position }) => Math.max(most, position), 0);
  const usual = highest > 1 ? highest : USUAL_BEATS_PER_BAR;
  const bars = downbeats.map((start, bar) => ({
    start,
    beats: (downbeats[bar + 1] ?? start + Math.max(usual, beats.length - start)) - start,
  }));
  const signatures: Signature[] = [];
  const add = (quarter: number, beats: number, unit = 4): void => {
    const last = signatures.at(-1);
    if (last?.beats === beats && last.unit === unit) return;
    signatures.push({ quarter, beats, unit });
  };
  const isFraction = leadQuarters > 0 && leadQuarters < 1;
  if (isFraction) add(0, 1, 4 / leadQuarters);
  const begun = isFraction ? leadQuarters : 0;
  // Without a downbeat, the first would come when the bar of the first beat is over.
  const firstDownbeat = downbeats[0] ?? (beats[0] ? usual + 1 - beats[0].position : 0);
  const before = leadQuarters + firstDownbeat - begun;
  const metre = bars[0]?.beats ?? usual;
  const rest = before % metre;
  if (rest > 0) add(begun, rest);
  if (before > rest) add(begun + rest, metre);
  for (const bar of bars) add(leadQuarters + bar.start, bar.beats);
  if (bars.length === 0) add(leadQuarters + firstDownbeat, usual);
  return signatures;
}

/** A part of a track with a constant tempo that starts at a beat. */
export interface ConstantPart {
  readonly start: GridBeat;
  readonly bpm: number;
}

/**
 * Divides beats into parts of constant tempo, as long as possible. A part begins at a downbeat where the one before reaches it.
 *
 * @param beats beats in order
 * @param tolerance largest difference in seconds between a beat and its place in the part
 * @param round rounds a tempo to one that the format can write
 * @returns the parts; of a single beat none, since it has no tempo
 */
export function constantParts(
  beats: readonly GridBeat[],
  tolerance: number,
  round: (bpm: number) => number,
): ConstantPart[] {
  const parts: ConstantPart[] = [];
  let first = 0;
  while (first + 1 < beats.length) {
    const { bpm, end } = longestPart(beats, first, tolerance, round);
    parts.push({ start: beats[first]!, bpm });
    if (end + 1 >= beats.length) break;
    const downbeat = beats.findLastIndex(({ position }, beat) =>
      position === 1 && beat > first && beat <= end
    );
    const reachesFurther = downbeat > first &&
      longestPart(beats, downbeat, tolerance, round).end > end;
    first = reachesFurther ? downbeat : end;
  }
  return parts;
}

/** Returns tempo and last beat of the longest part that starts at a beat, which is not the last. */
function longestPart(
  beats: readonly GridBeat[],
  first: number,
  tolerance: number,
  round: (bpm: number) => number,
): { bpm: number; end: number } {
  const start = beats[first]!.seconds;
  // Lengths of a beat that keep every beat of the part within the tolerance.
  let range: readonly [low: number, high: number] = [0, Infinity];
  let part = { bpm: NaN, end: first };
  for (let end = first + 1; end < beats.length; end++) {
    const count = end - first;
    const passed = beats[end]!.seconds - start;
    range = [
      Math.max(range[0], (passed - tolerance) / count),
      Math.min(range[1], (passed + tolerance) / count),
    ];
    const [low, high] = range;
    const bpm = round(120 / (low + high));
    const fits = low <= high && 60 / bpm >= low && 60 / bpm <= high;
    // The format cannot write a tempo that fits two beats exactly enough.
    if (!fits && count > 1) break;
    part = { bpm: fits ? bpm : round(60 / passed), end };
  }
  return part;
}
