/**
 * Targets of the fuzzer: a reader, valid files for it, and the way to damage them.
 *
 * @module
 */

import { type Material, mutateBytes } from "./byte_mutations.ts";
import type { Bytes } from "./bytes.ts";
import { CounterRandom } from "../../core/counter_random.ts";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PROGRAM_FOLDER } from "../../core/program.ts";

/** A reader under test. */
export interface Target {
  /** Name on the command line. */
  readonly name: string;
  /** Share of the time, relative to the other targets. */
  readonly share: number;
  /** Ending of its files, without a dot. */
  readonly extension: string;
  /** Words that have a meaning in its format. */
  readonly tokens: readonly Bytes[];
  /** Files that mutations start from, always in the same order; at least one is valid. */
  readonly seeds: () => Promise<readonly Bytes[]>;
  /**
   * Damages a seed inside its structure, so that the outer layers accept it; absent for a format without such a
   * structure.
   */
  readonly reshape?: (seed: Bytes, random: CounterRandom, material: Material) => Bytes;
  /**
   * Reads an input and checks the result.
   *
   * @param input the file
   * @param scratch folder for temporary files
   * @throws an expected error where the input is refused, any other for a defect
   */
  readonly read: (input: Bytes, scratch: string) => void | Promise<void>;
  /** Whether an error is the reader's own way of refusing an input. */
  readonly isExpected: (error: unknown) => boolean;
}

/** The result of a reader is wrong; no target expects this error. */
class WrongResult extends Error {
  override name = "WrongResult";
}

/** Throws {@linkcode WrongResult} unless a condition holds. */
export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new WrongResult(message);
}

/**
 * Returns the input of a case. The first cases are the seeds themselves.
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

/**
 * Reads the files of a folder of the repository, sorted by name.
 *
 * @param folder path below the repository
 * @param names names of the files
 * @param maxBytes longer files are left out
 * @throws {Error} if there is no such file
 */
export async function seedFiles(
  folder: string,
  names: RegExp,
  maxBytes = Infinity,
): Promise<Bytes[]> {
  const directory = join(PROGRAM_FOLDER, folder);
  const found = (await readdir(directory)).filter((name) => names.test(name));
  const files = await Promise.all(
    found.sort().map(async (name) => new Uint8Array(await readFile(join(directory, name)))),
  );
  const seeds = files.filter(({ length }) => length <= maxBytes);
  if (seeds.length === 0) throw new Error(`Expected files named ${names} in ${directory}`);
  return seeds;
}
