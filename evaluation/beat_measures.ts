/**
 * Measures of beats, downbeats and tempo: F measure, continuity and tempo accuracy, as mir_eval 0.8.2 defines them.
 *
 * @module
 */

/** Precision, recall and their harmonic mean. */
export interface FMeasure {
  /** Share of the estimate that is correct, 0 to 1; NaN if it is undefined. */
  readonly precision: number;
  /** Share of the reference that was found, 0 to 1; NaN if it is undefined. */
  readonly recall: number;
  /** Harmonic mean of precision and recall, 0 to 1. */
  readonly f: number;
}

/**
 * Computes the F measure of a precision and a recall.
 *
 * Source: mir_eval 0.8.2, `util.f_measure`.
 */
export function fMeasure(precision: number, recall: number): FMeasure {
  const isZero = precision === 0 && recall === 0;
  return { precision, recall, f: isZero ? 0 : 2 * precision * recall / (precision + recall) };
}

/**
 * Computes the F measure of events. Two events match if they are at most a window apart; each matches at most once.
 *
 * @param reference `[n]` seconds, ascending
 * @param estimate `[m]` seconds, ascending
 * @param windowSeconds largest distance of a match, inclusive
 * @returns precision, recall and F; all 0 if either sequence is empty
 *
 * Source: mir_eval 0.8.2, `beat.f_measure`, `segment.detection`.
 */
export function eventFMeasure(
  reference: readonly number[],
  estimate: readonly number[],
  windowSeconds: number,
): FMeasure {
  if (reference.length === 0 || estimate.length === 0) return fMeasure(0, 0);
  const matched = matchCount(reference, estimate, windowSeconds);
  return fMeasure(matched / estimate.length, matched / reference.length);
}

/**
 * Returns the size of a maximum matching of references and estimates that are at most a window apart.
 *
 * Each estimate can match the references of one interval, and the intervals ascend with the estimates. For such a
 * graph a greedy choice is optimal: each estimate in turn takes the first free reference of its interval.
 *
 * @param reference `[n]` seconds, ascending
 * @param estimate `[m]` seconds, ascending
 * @param windowSeconds largest distance of a pair, inclusive
 *
 * Source: mir_eval 0.8.2, `util.match_events`.
 */
export function matchCount(
  reference: readonly number[],
  estimate: readonly number[],
  windowSeconds: number,
): number {
  let count = 0;
  let next = 0;
  for (const time of estimate) {
    // The limits are computed as in mir_eval, so that a pair exactly a window apart is treated alike.
    const [first, last] = [time - windowSeconds, time + windowSeconds];
    while (next < reference.length && reference[next]! < first) next++;
    if (next < reference.length && reference[next]! <= last) {
      count++;
      next++;
    }
  }
  return count;
}

/** Largest distance of two matching beats, seconds. */
export const BEAT_WINDOW_SECONDS = 0.07;

/** Beats before this time do not count, seconds: a listener needs that long to find the tempo. */
export const TRIM_SECONDS = 5;

/**
 * Drops the beats of the first five seconds, as mir_eval does before it measures beats.
 *
 * @param beats `[n]` seconds
 * @returns the beats from 5 s on
 *
 * Source: mir_eval 0.8.2, `beat.trim_beats`.
 */
export function trimBeats(beats: readonly number[]): number[] {
  return beats.filter((time) => time >= TRIM_SECONDS);
}

/**
 * Computes the F measure of beats or downbeats with a window of 70 ms.
 *
 * @param reference `[n]` seconds, ascending, trimmed
 * @param estimate `[m]` seconds, ascending, trimmed
 * @returns F measure, 0 to 1; 0 if either sequence is empty
 *
 * Source: mir_eval 0.8.2, `beat.f_measure`.
 */
export function beatFMeasure(reference: readonly number[], estimate: readonly number[]): number {
  return eventFMeasure(reference, estimate, BEAT_WINDOW_SECONDS).f;
}

/** Largest error of a beat's time, and of the interval before it, relative to the reference's interval. */
const TOLERANCE = 0.175;

/** The four continuity measures, 0 to 1. */
export interface Continuity {
  /** Longest run of correct beats at the metrical level of the reference. */
  readonly cmlc: number;
  /** All correct beats at the metrical level of the reference. */
  readonly cmlt: number;
  /** Longest run of correct beats, with double tempo, half tempo and off-beats allowed. */
  readonly amlc: number;
  /** All correct beats, with double tempo, half tempo and off-beats allowed. */
  readonly amlt: number;
}

/**
 * Computes the continuity measures. A beat is correct if its time and the interval to its neighbour deviate by less than
 * 17.5 % of the reference's interval. Each measure is a share of the longer of both sequences.
 *
 * @param reference `[n]` seconds, ascending, trimmed
 * @param estimate `[m]` seconds, ascending, trimmed
 * @returns all 0 if either sequence has fewer than two beats
 *
 * Source: mir_eval 0.8.2, `beat.continuity`; Davies, Degara and Plumbley, "Evaluation Methods for Musical Audio Beat
 * Tracking Algorithms", 2009.
 */
export function continuity(reference: readonly number[], estimate: readonly number[]): Continuity {
  if (reference.length < 2 || estimate.length < 2) return { cmlc: 0, cmlt: 0, amlc: 0, amlt: 0 };
  const shares = variations(reference).map((variation) => {
    const correct = correctBeats(variation, estimate);
    const all = Math.max(variation.length, estimate.length);
    return { longest: longestRun(correct) / all, total: correct.filter(Boolean).length / all };
  });
  return {
    cmlc: shares[0]!.longest,
    cmlt: shares[0]!.total,
    amlc: Math.max(...shares.map(({ longest }) => longest)),
    amlt: Math.max(...shares.map(({ total }) => total)),
  };
}

/** Returns the reference, its off-beats, its double tempo, and its half tempo from the first and the second beat. */
function variations(reference: readonly number[]): (readonly number[])[] {
  const double = reference.flatMap((time, at) => {
    const next = reference[at + 1];
    return next === undefined ? [time] : [time, (next - time) * 0.5 + time];
  });
  return [
    reference,
    double.filter((_, at) => at % 2 === 1),
    double,
    reference.filter((_, at) => at % 2 === 0),
    reference.filter((_, at) => at % 2 === 1),
  ];
}

function correctBeats(reference: readonly number[], estimate: readonly number[]): boolean[] {
  const isUsed = new Set<number>();
  return estimate.map((time, at) => {
    const nearest = nearestTo(reference, time);
    if (isUsed.has(nearest)) return false;
    // The first beat of either sequence has no interval before it, so the next interval counts.
    const looksAhead = at === 0 || nearest === 0;
    const interval = intervalAt(reference, nearest, looksAhead);
    const own = intervalAt(estimate, at, looksAhead);
    const distance = Math.abs(time - reference[nearest]!);
    // An interval of 0 makes these infinite or NaN, so the beat counts as incorrect.
    const isCorrect = distance / interval < TOLERANCE && Math.abs(1 - own / interval) < TOLERANCE;
    if (isCorrect) isUsed.add(nearest);
    return isCorrect;
  });
}

/** Returns the interval to the next beat or from the previous one; 0 for a single beat. */
function intervalAt(beats: readonly number[], at: number, looksAhead: boolean): number {
  const [from, to] = looksAhead && at + 1 < beats.length ? [at, at + 1] : [at - 1, at];
  return beats[to]! - (beats[from] ?? beats[to]!);
}

/** Returns the index of the nearest beat, the first one of a tie. */
function nearestTo(beats: readonly number[], time: number): number {
  let nearest = 0;
  for (let at = 1; at < beats.length; at++) {
    if (Math.abs(time - beats[at]!) < Math.abs(time - beats[nearest]!)) nearest = at;
  }
  return nearest;
}

function longestRun(correct: readonly boolean[]): number {
  let [longest, current] = [0, 0];
  for (const isCorrect of correct) {
    current = isCorrect ? current + 1 : 0;
    longest = Math.max(longest, current);
  }
  return longest;
}

/** Largest error, relative to the true tempo. */
export const TEMPO_TOLERANCE = 0.04;

/** Multiples of the true tempo that accuracy 2 accepts. */
const FACTORS = [1, 2, 1 / 2, 3, 1 / 3];

/** The two tempo accuracies of MIREX, each 0 or 1. */
export interface TempoAccuracy {
  /** 1 within 4 % of the true tempo. */
  readonly accuracy1: number;
  /** 1 within 4 % of the true tempo, its double, half, triple or third. */
  readonly accuracy2: number;
}

/**
 * Compares an estimated tempo with the true one.
 *
 * @param reference true tempo in beats per minute
 * @param estimate estimated tempo in beats per minute; null counts as wrong
 *
 * Source: Gouyon and others, "An experimental comparison of audio tempo induction algorithms", 2006; the comparison of
 * one tempo with another is that of mir_eval 0.8.2, `tempo.detection`.
 */
export function tempoAccuracy(reference: number, estimate: number | null): TempoAccuracy {
  const isWithin = FACTORS.map((factor) => {
    const tempo = reference * factor;
    return estimate !== null && Math.abs(tempo - estimate) / tempo <= TEMPO_TOLERANCE;
  });
  return { accuracy1: Number(isWithin[0]), accuracy2: Number(isWithin.includes(true)) };
}
