/**
 * Damage to texts, word by word.
 *
 * @module
 */

import { type Bytes, utf8 } from "./bytes.ts";
import type { CounterRandom } from "../../core/counter_random.ts";

/** Numbers that are too large, too small, of the wrong kind, or none at all. */
export const AWKWARD_NUMBERS: readonly string[] = [
  "0",
  "-0",
  "-1",
  "1",
  "2",
  "3",
  "255",
  "65536",
  "2147483648",
  "4294967295",
  "4294967296",
  "9007199254740993",
  "18446744073709551616",
  "99999999999999999999999999",
  "1e308",
  "1e999",
  "1e-320",
  "0.1",
  "NaN",
];

const WORD = /[\w.+-]+|'[^']*'|"[^"]*"|[^\w\s]/g;

/**
 * Replaces, removes or repeats words of a text.
 *
 * @param bytes UTF-8 text; it stays as it is
 * @param random which words
 * @param words what comes in their place
 */
export function mutateWords(bytes: Bytes, random: CounterRandom, words: readonly string[]): Bytes {
  let text = new TextDecoder().decode(bytes);
  for (let round = 1 + random.below(3); round > 0; round--) {
    const found = [...text.matchAll(WORD)];
    if (found.length === 0) break;
    const { 0: word, index } = random.pick(found);
    const replacement = random.pick([
      ...[random.pick(words), random.pick(words), random.pick(words)],
      "",
      word.repeat(1 + random.below(4)),
      word.repeat(2 ** random.below(13)).slice(0, 2 ** 16),
      random.pick(found)[0],
    ]);
    text = text.slice(0, index) + replacement + text.slice(index + word.length);
  }
  return utf8(text);
}
