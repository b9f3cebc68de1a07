/**
 * What is fuzzed: a reader, sound files for it, and how to damage them.
 *
 * @module
 */

import { type Material, mutateBytes } from "./byte_mutations.ts";
import type { Bytes } from "./bytes.ts";
import { CounterRandom } from "../../core/counter_random.ts";

/** A reader under test. */
export interface Target {
  /** Its name on the command line. */
  readonly name: string;
  /** Its part of the time, relative to the other targets. */
  readonly share: number;
  /** Ending of the files that it reads, without a dot. */
  readonly extension: string;
  /** Words that its format gives a meaning to. */
  readonly tokens: readonly Bytes[];
  /** The files that mutations start from, always in the same order; at least one must be sound. */
  readonly seeds: () => Promise<readonly Bytes[]>;
  /**
   * Damages a seed inside its structure, so that the outer layers let it pass; absent where there is
   * no such structure.
   */
  readonly reshape?: (seed: Bytes, random: CounterRandom, material: Material) => Bytes;
  /**
   * Reads an input and checks what comes out of it.
   *
   * @param input the file
   * @param scratch a folder for files of its own
   * @throws an expected error where the input is refused, any other for a defect
   */
  readonly read: (input: Bytes, scratch: string) => void | Promise<void>;
  /** Whether an error is the reader's own way of refusing an input. */
  readonly isExpected: (error: unknown) => boolean;
}

/** What came out of a reader is wrong; never expected of any target. */
export class WrongResult extends Error {
  override name = "WrongResult";
}

/** Fails unless a result is as it must be. */
export function expect(condition: boolean, complaint: string): asserts condition {
  if (!condition) throw new WrongResult(complaint);
}

/**
 * The input of a case. The first cases are the seeds as they are.
 *
 * @param target the reader
 * @param seeds the target's seeds
 * @param seed of the whole run
 * @param number of the case, from 0
 * @returns the same bytes for the same arguments, always
 */
export function inputOf(
  target: Target,
  seeds: readonly Bytes[],
  seed: number,
  number: number,
): Bytes {
  const untouched = seeds[number];
  if (untouched !== undefined) return untouched;
  const random = new CounterRandom(`${seed}/${target.name}/${number}`);
  const material = { seeds, tokens: target.tokens };
  const bytes = random.pick(seeds);
  return target.reshape !== undefined && !random.oneIn(3)
    ? target.reshape(bytes, random, material)
    : mutateBytes(bytes, random, material);
}
