/**
 * Where the opcodes of a pickle begin and end.
 *
 * Source: `Lib/pickletools.py` of CPython, for the opcodes and their arguments.
 *
 * @module
 */

import type { Bytes } from "./bytes.ts";

/** How many bytes follow an opcode. */
const FIXED = new Map<number, number>([
  ...[..."Khq"].map((c): [number, number] => [c.charCodeAt(0), 1]),
  [0x80, 1],
  ...[..."M"].map((c): [number, number] => [c.charCodeAt(0), 2]),
  ...[..."Jrj"].map((c): [number, number] => [c.charCodeAt(0), 4]),
  [0x47, 8],
  [0x95, 8],
]);
/** How many bytes hold the length of what follows. */
const COUNTED = new Map<number, number>([
  [0x8a, 1],
  [0x8c, 1],
  [0x43, 1],
  [0x8b, 4],
  [0x58, 4],
  [0x42, 4],
  [0x8d, 8],
  [0x8e, 8],
  [0x96, 8],
]);
/** Two lines of text follow. */
const GLOBAL = 0x63;

/**
 * Cuts a pickle into opcodes, each with its argument.
 *
 * @returns the parts; where the pickle is malformed the last one is all the rest
 */
export function opcodesOf(pickle: Bytes): Bytes[] {
  const parts: Bytes[] = [];
  for (let at = 0; at < pickle.length;) {
    const length = Math.max(1, lengthAt(pickle, at));
    parts.push(pickle.slice(at, at + length));
    at += length;
  }
  return parts;
}

function lengthAt(pickle: Bytes, at: number): number {
  const code = pickle[at]!;
  if (code === GLOBAL) {
    const first = pickle.indexOf(0x0a, at);
    const second = first < 0 ? -1 : pickle.indexOf(0x0a, first + 1);
    return second < 0 ? pickle.length - at : second + 1 - at;
  }
  const width = COUNTED.get(code);
  if (width === undefined) return 1 + (FIXED.get(code) ?? 0);
  let count = 0;
  for (let i = width; i > 0; i--) count = count * 256 + (pickle[at + i] ?? 0);
  return 1 + width + count;
}
