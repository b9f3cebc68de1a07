/**
 * Damage to the header of a `.npy` file that leaves its length right.
 *
 * @module
 */

import { type Bytes, join, utf8 } from "./bytes.ts";
import type { CounterRandom } from "../../core/counter_random.ts";
import { AWKWARD_NUMBERS, mutateWords } from "./text_mutations.ts";

const WORDS: readonly string[] = [
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
 * Changes words of the header and puts the file together again.
 *
 * @param bytes a `.npy` file; other bytes come back as they are
 * @param random what is changed
 */
export function mutateNpyHeader(bytes: Bytes, random: CounterRandom): Bytes {
  if (bytes.length < 12) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isFirst = bytes[6] === 1;
  const start = isFirst ? 10 : 12;
  const length = isFirst ? view.getUint16(8, true) : view.getUint32(8, true);
  const header = mutateWords(bytes.slice(start, start + length), random, WORDS);
  const version = random.oneIn(8) ? random.below(5) : isFirst && header.length < 2 ** 16 ? 1 : 2;
  const field = new Uint8Array(version === 1 ? 2 : 4);
  for (let i = 0; i < field.length; i++) field[i] = header.length >>> (8 * i);
  const magic = bytes.subarray(0, 6);
  const data = bytes.subarray(start + length);
  const sized = random.oneIn(4) ? data.subarray(0, random.below(data.length + 1)) : data;
  return join(magic, Uint8Array.of(version, 0), field, header, sized);
}

/** A `.npy` file of an awkward header and no elements, for archives. */
export function emptyArray(shape: string): Bytes {
  const header = utf8(`{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }\n`);
  return join(
    Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0),
    header,
  );
}
