/**
 * How long beats stay right.
 *
 * @module
 */

/** Largest error of a beat's time, and of the interval before it, as a part of the reference's interval. */
const TOLERANCE = 0.175;

/** The four continuity measures, 0 to 1. */
export interface Continuity {
  /** Longest stretch of right beats at the metrical level of the reference. */
  readonly cmlc: number;
  /** All right beats at the metrical level of the reference. */
  readonly cmlt: number;
  /** Longest stretch, where also double and half tempo and the off-beat are allowed. */
  readonly amlc: number;
  /** All right beats, where also double and half tempo and the off-beat are allowed. */
  readonly amlt: number;
}

/**
 * Measures continuity: a beat is right when it and the interval to its neighbour are within 17.5 % of the reference's
 * interval, and the shares are of the longer of both sequences.
 *
 * @param reference `[n]` seconds, ascending, trimmed
 * @param estimate `[m]` seconds, ascending, trimmed
 * @returns all 0 where either has fewer than two beats
 *
 * Source: mir_eval 0.8.2, `beat.continuity`; Davies, Degara and Plumbley, "Evaluation Methods for Musical Audio Beat
 * Tracking Algorithms", 2009.
 */
export function continuity(reference: readonly number[], estimate: readonly number[]): Continuity {
  if (reference.length < 2 || estimate.length < 2) return { cmlc: 0, cmlt: 0, amlc: 0, amlt: 0 };
  const shares = variations(reference).map((variation) => {
    const rights = rightBeats(variation, estimate);
    const all = Math.max(variation.length, estimate.length);
    return { longest: longestStretch(rights) / all, total: rights.filter(Boolean).length / all };
  });
  return {
    cmlc: shares[0]!.longest,
    cmlt: shares[0]!.total,
    amlc: Math.max(...shares.map(({ longest }) => longest)),
    amlt: Math.max(...shares.map(({ total }) => total)),
  };
}

/** The reference, its off-beats, double tempo, and half tempo from the first and from the second beat. */
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

function rightBeats(reference: readonly number[], estimate: readonly number[]): boolean[] {
  const isUsed = new Set<number>();
  return estimate.map((time, at) => {
    const nearest = nearestTo(reference, time);
    if (isUsed.has(nearest)) return false;
    // The first beat of either is judged by the interval after it, where there is one.
    const looksAhead = at === 0 || nearest === 0;
    const interval = intervalAt(reference, nearest, looksAhead);
    const own = intervalAt(estimate, at, looksAhead);
    const distance = Math.abs(time - reference[nearest]!);
    // An interval of 0 makes these infinite or NaN, and the beat wrong.
    const isRight = distance / interval < TOLERANCE && Math.abs(1 - own / interval) < TOLERANCE;
    if (isRight) isUsed.add(nearest);
    return isRight;
  });
}

/** The interval to the next beat or from the one before; of a single beat 0. */
function intervalAt(beats: readonly number[], at: number, looksAhead: boolean): number {
  const [from, to] = looksAhead && at + 1 < beats.length ? [at, at + 1] : [at - 1, at];
  return beats[to]! - (beats[from] ?? beats[to]!);
}

/** The first of the nearest. */
function nearestTo(beats: readonly number[], time: number): number {
  let nearest = 0;
  for (let at = 1; at < beats.length; at++) {
    if (Math.abs(time - beats[at]!) < Math.abs(time - beats[nearest]!)) nearest = at;
  }
  return nearest;
}

function longestStretch(rights: readonly boolean[]): number {
  let [longest, current] = [0, 0];
  for (const isRight of rights) {
    current = isRight ? current + 1 : 0;
    longest = Math.max(longest, current);
  }
  return longest;
}
