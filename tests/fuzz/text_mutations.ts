/**
 * Damage to texts, word by word, and to the headers of `.npy` files.
 *
 * @module
 */

import { type Bytes, concat, utf8 } from "./bytes.ts";
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
 * @param bytes UTF-8 text; it is not changed
 * @param random source of the choices
 * @param words replacements
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

const HEADER_WORDS: readonly string[] = [
  ...AWKWARD_NUMBERS,
  "(",
  ")",
  ",",
  "(0, 9007199254740991, 9007199254740991)",
  `(${"1, ".repeat(40)})`,
  "{",
  "}",
  "'descr'",
  "'shape'",
  "'fortran_order'",
  "True",
  "False",
  "None",
  "'<f8'",
  "'|O'",
  "'>i4'",
  "'|u1'",
  "\\x00",
  "é",
];

/**
 * Changes words of the header of a `.npy` file; the length of the header stays correct.
 *
 * @param bytes a `.npy` file; other bytes are returned as they are
 * @param random source of the choices
 */
export function mutateNpyHeader(bytes: Bytes, random: CounterRandom): Bytes {
  if (bytes.length < 12) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isFirst = bytes[6] === 1;
  const start = isFirst ? 10 : 12;
  const length = isFirst ? view.getUint16(8, true) : view.getUint32(8, true);
  const header = mutateWords(bytes.slice(start, start + length), random, HEADER_WORDS);
  const version = random.oneIn(8) ? random.below(5) : isFirst && header.length < 2 ** 16 ? 1 : 2;
  const field = new Uint8Array(version === 1 ? 2 : 4);
  for (let i = 0; i < field.length; i++) field[i] = header.length >>> (8 * i);
  const magic = bytes.subarray(0, 6);
  const data = bytes.subarray(start + length);
  const sized = random.oneIn(4) ? data.subarray(0, random.below(data.length + 1)) : data;
  return concat(magic, Uint8Array.of(version, 0), field, header, sized);
}

/** Returns a `.npy` file with the given shape and no elements. */
export function emptyArray(shape: string): Bytes {
  const header = utf8(`{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }\n`);
  return concat(
    Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0),
    header,
  );
}
