/**
 * Naive reference implementation of the beat decoder: after its definition, over every state in every frame.
 *
 * @module
 */

import {
  type DecodedBeats,
  type DecodedMetre,
  DECODER_DEFAULTS,
  type DecoderOptions,
} from "../../kernels/mod.ts";
import { FRAMES_PER_SECOND } from "../spectrogram.ts";
import { naiveLogarithm } from "./logarithm.ts";

/** Number of tempi, where the limits leave so many whole intervals. */
const TEMPI = 60;
const OBSERVATION_LAMBDA = 16;

/** Start of a beat on the best path, in frames from the first one; negative if it starts before. */
interface Span {
  readonly start: number;
  readonly beat: number;
  readonly tempo: number;
}

interface Path {
  readonly beats: number;
  readonly score: number;
  readonly spans: readonly Span[];
  /** What the score grows by in each frame; empty where no path is possible. */
  readonly gains: readonly number[];
}

/**
 * Computes the same as {@linkcode decodeBeats} of the kernels.
 *
 * @param activations `[frames, 2]` f32: probability of a beat that is not a downbeat, and of a downbeat
 * @param threshold frames before the first and after the last activation that reaches it are ignored
 * @param options tempi and bars; allin1's by default
 *
 * Source: madmom 0.16.1, `features/downbeats.py`, `features/beats_hmm.py`, `ml/hmm.pyx`.
 */
export function naiveBeats(
  activations: Float32Array,
  threshold: number,
  options: DecoderOptions = DECODER_DEFAULTS,
): DecodedBeats {
  const [first, frames] = trimmed(activations, Math.fround(threshold));
  const intervals = beatIntervals(options);
  const moves = transitions(intervals, options.transitionLambda);
  const empty = { times: new Float64Array(), positions: new Int32Array(), metre: null };
  if (frames.length === 0 || frames.every((value) => value === 0)) return empty;
  const paths = options.beatsPerBar.map((beats) => bestPath(frames, beats, intervals, moves));
  const best = paths.reduce((best, path) => path.score > best.score ? path : best);
  const found = best.spans.flatMap(({ start, beat, tempo }) => {
    const end = start + beatRange(beat, intervals[tempo]!);
    const frame = loudest(frames, Math.max(0, start), Math.min(end, frames.length / 2));
    return frame === null ? [] : [{ time: (first + frame) / FRAMES_PER_SECOND, beat }];
  });
  return {
    times: Float64Array.from(found, ({ time }) => time),
    positions: Int32Array.from(found, ({ beat }) => beat + 1),
    metre: metreOf(best, paths),
  };
}

/** Compares the best path with the others, in the frames of each bar. */
function metreOf(best: Path, paths: readonly Path[]): DecodedMetre | null {
  if (best.spans.length === 0) return null;
  const downbeats = best.spans.filter(({ beat, start }) => beat === 0 && start >= 0);
  const edges = downbeats.length > 1 ? downbeats.map(({ start }) => start) : [0, best.gains.length];
  const bars = edges.slice(1).map((end, bar) => {
    const sum = ({ gains }: Path): number =>
      gains.length === 0 ? -Infinity : gains.slice(edges[bar], end).reduce((a, b) => a + b, 0);
    const advantages = paths.filter((path) => path !== best).map((path) => sum(path) - sum(best));
    return {
      disagrees: advantages.some((advantage) => advantage > 0),
      posterior: 1 / (1 + advantages.reduce((total, one) => total + Math.exp(one), 0)),
    };
  });
  return {
    beatsPerBar: best.beats,
    bars: bars.length,
    disagreeing: bars.filter(({ disagrees }) => disagrees).length,
    confidence: bars.reduce((total, { posterior }) => total + posterior, 0) / bars.length,
  };
}

/** Returns the frames from the first to the last that reach the threshold; frame 0 alone selects nothing. */
function trimmed(activations: Float32Array, threshold: number): [number, Float32Array] {
  const count = activations.length >> 1;
  if (threshold === 0) return [0, activations.subarray(0, 2 * count)];
  const reaching = Array.from({ length: count }, (_, frame) => frame).filter((frame) =>
    activations[2 * frame]! >= threshold || activations[2 * frame + 1]! >= threshold
  );
  const [first = 0, last = 0] = [reaching[0], reaching.at(-1)];
  return last === 0 ? [0, activations.subarray(0, 0)] : [
    first,
    activations.subarray(2 * first, 2 * (last + 1)),
  ];
}

/** Returns all whole intervals between the limits; of more than sixty at least sixty, spaced logarithmically. */
function beatIntervals({ minBpm, maxBpm }: DecoderOptions): number[] {
  const [shortest, longest] = [60 * FRAMES_PER_SECOND / maxBpm, 60 * FRAMES_PER_SECOND / minBpm];
  const [first, last] = [halfToEven(shortest), halfToEven(longest)];
  if (last - first + 1 <= TEMPI) {
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  }
  const [start, stop] = [Math.log2(shortest), Math.log2(longest)];
  for (let points = TEMPI;; points++) {
    const step = (stop - start) / (points - 1);
    const all = Array.from({ length: points }, (_, at) => halfToEven(2 ** (start + at * step)));
    const distinct = [...new Set(all)];
    if (distinct.length >= TEMPI) return distinct;
  }
}

function halfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Returns the number of positions that count as the beat itself, with the rounding of numpy's positions. */
function beatRange(beat: number, interval: number): number {
  let position = 0;
  while (isInBeatRange(beat, position, interval)) position++;
  return position;
}

function isInBeatRange(beat: number, position: number, interval: number): boolean {
  return position < interval && (beat + position * (1 / interval)) % 1 < 1 / OBSERVATION_LAMBDA;
}

/** Returns `[to][from]`: log probability of one tempo after another; minus infinity if impossible. */
function transitions(intervals: readonly number[], lambda: number): Float64Array[] {
  const found = intervals.map(() => new Float64Array(intervals.length).fill(-Infinity));
  for (const [from, before] of intervals.entries()) {
    const weights = intervals.map((to) => {
      const weight = Math.exp(-lambda * Math.abs(to / before - 1));
      return weight <= Number.EPSILON ? 0 : weight;
    });
    const sum = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [to, weight] of weights.entries()) found[to]![from] = Math.log(weight / sum);
  }
  return found;
}

/** Runs the Viterbi algorithm with one step per frame over all states. */
function bestPath(
  frames: Float32Array,
  beats: number,
  intervals: readonly number[],
  moves: readonly Float64Array[],
): Path {
  const tempi = intervals.length;
  const count = frames.length / 2;
  const total = intervals.reduce((sum, interval) => sum + interval, 0);
  const offsets = intervals.map((_, tempo) =>
    intervals.slice(0, tempo).reduce((sum, interval) => sum + interval, 0)
  );
  const states = beats * total;
  const densities = logDensities(frames);
  // 0: no beat, 1: beat, 2: downbeat.
  const kinds = new Uint8Array(states);
  for (let beat = 0; beat < beats; beat++) {
    for (const [tempo, interval] of intervals.entries()) {
      const range = beatRange(beat, interval);
      const at = beat * total + offsets[tempo]!;
      kinds.fill(beat === 0 ? 2 : 1, at, at + range);
    }
  }
  let previous = new Float64Array(states).fill(Math.log(1 / states));
  let current = new Float64Array(states);
  /** Previous tempo for each frame and the first state of each beat and tempo. */
  const origins: Uint8Array[] = [];
  for (let frame = 0; frame < count; frame++) {
    const origin = new Uint8Array(beats * tempi);
    for (let state = 1; state < states; state++) {
      current[state] = previous[state - 1]! + densities[3 * frame + kinds[state]!]!;
    }
    for (let beat = 0; beat < beats; beat++) {
      const before = (beat + beats - 1) % beats * total;
      for (let tempo = 0; tempo < tempi; tempo++) {
        const state = beat * total + offsets[tempo]!;
        let best = -Infinity;
        for (let from = 0; from < tempi; from++) {
          const last = previous[before + offsets[from]! + intervals[from]! - 1]!;
          const score = last + moves[tempo]![from]! + densities[3 * frame + kinds[state]!]!;
          if (score > best) [best, origin[beat * tempi + tempo]] = [score, from];
        }
        current[state] = best;
      }
    }
    origins.push(origin);
    [previous, current] = [current, previous];
  }
  let state = 0;
  for (let at = 1; at < states; at++) if (previous[at]! > previous[state]!) state = at;
  const score = previous[state]!;
  const spans = score === -Infinity ? [] : traced(state);
  return { beats, score, spans, gains: gainsOf(spans) };

  function gainsOf(spans: readonly Span[]): number[] {
    return spans.flatMap(({ start, beat, tempo }, at) => {
      const end = spans[at + 1]?.start ?? count;
      const first = Math.max(0, start);
      return Array.from({ length: end - first }, (_, later) => {
        const frame = first + later;
        const state = beat * total + offsets[tempo]! + frame - start;
        const move = at > 0 && frame === start ? moves[tempo]![spans[at - 1]!.tempo]! : 0;
        return move + densities[3 * frame + kinds[state]!]!;
      });
    });
  }

  function traced(last: number): Span[] {
    const spans: Span[] = [];
    let beat = Math.floor(last / total);
    let tempo = offsets.findLastIndex((offset) => offset <= last - beat * total);
    let start = count - 1 - (last - beat * total - offsets[tempo]!);
    for (;;) {
      spans.push({ start, beat, tempo });
      if (start <= 0) {
        // A transition precedes the first frame, so a beat that starts there has a previous beat.
        return spans.reverse();
      }
      tempo = origins[start]![beat * tempi + tempo]!;
      beat = (beat + beats - 1) % beats;
      start -= intervals[tempo]!;
    }
  }
}

/** Returns `[frames, 3]`: outside of beats, in a beat, in a downbeat; float32 logarithms as in upstream. */
function logDensities(frames: Float32Array): Float64Array {
  const found = new Float64Array(frames.length / 2 * 3);
  for (let frame = 0; frame < frames.length / 2; frame++) {
    const [beat, downbeat] = [frames[2 * frame]!, frames[2 * frame + 1]!];
    const rest = Math.fround(1 - Math.fround(beat + downbeat));
    found[3 * frame] = naiveLogarithm(Math.fround(rest / (OBSERVATION_LAMBDA - 1)));
    found[3 * frame + 1] = naiveLogarithm(beat);
    found[3 * frame + 2] = naiveLogarithm(downbeat);
  }
  return found;
}

/** Returns the frame with the largest activation of both, the first one of a tie; null without frames. */
function loudest(frames: Float32Array, from: number, to: number): number | null {
  let best: number | null = null;
  let largest = -Infinity;
  for (let frame = from; frame < to; frame++) {
    const value = Math.max(frames[2 * frame]!, frames[2 * frame + 1]!);
    if (value > largest) [best, largest] = [frame, value];
  }
  return best;
}
