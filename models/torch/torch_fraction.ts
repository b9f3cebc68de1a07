/**
 * A fraction in a torch file; apart from the reader of such files, which few programs need.
 *
 * @module
 */

import { PickleObject } from "./pickle.ts";

/** A Python `Fraction` in a torch file. */
export class TorchFraction extends PickleObject {
  /** Kind of object, for errors. */
  override readonly kind = "fraction";
  /** Numerator. */
  readonly numerator: number;
  /** Denominator. */
  readonly denominator: number;

  /**
   * Creates a fraction.
   *
   * @param numerator numerator
   * @param denominator denominator
   */
  constructor(numerator: number, denominator: number) {
    super();
    this.numerator = numerator;
    this.denominator = denominator;
  }
}
