/**
 * Whether a tempo is right.
 *
 * @module
 */

/** Largest error, as a part of the true tempo. */
export const TEMPO_TOLERANCE = 0.04;

/** How often the true tempo an estimate may be for accuracy 2. */
const FACTORS = [1, 2, 1 / 2, 3, 1 / 3];

/** The two accuracies of MIREX, each 0 or 1. */
export interface TempoAccuracy {
  /** Within 4 % of the truth. */
  readonly accuracy1: number;
  /** Within 4 % of the truth, its double, half, triple or third. */
  readonly accuracy2: number;
}

/**
 * Compares two tempi.
 *
 * @param reference beats a minute
 * @param estimate beats a minute; null where none was found, which is wrong
 *
 * Source: Gouyon and others, "An experimental comparison of audio tempo induction algorithms", 2006; the comparison of
 * one tempo with another is that of mir_eval 0.8.2, `tempo.detection`.
 */
export function tempoAccuracy(reference: number, estimate: number | null): TempoAccuracy {
  const isRight = FACTORS.map((factor) => {
    const tempo = reference * factor;
    return estimate !== null && Math.abs(tempo - estimate) / tempo <= TEMPO_TOLERANCE;
  });
  return { accuracy1: Number(isRight[0]), accuracy2: Number(isRight.includes(true)) };
}
