/**
 * Damage to pickles, opcode by opcode: the result is still a sequence of whole opcodes.
 *
 * Source: `Lib/pickletools.py` of CPython, for the opcodes and their arguments.
 *
 * @module
 */

import { type Bytes, concat, utf8 } from "./bytes.ts";
import type { CounterRandom } from "../../core/counter_random.ts";

/** Number of bytes after an opcode. */
const FIXED = new Map<number, number>([
  ...[..."Khq"].map((c): [number, number] => [c.charCodeAt(0), 1]),
  [0x80, 1],
  ...[..."M"].map((c): [number, number] => [c.charCodeAt(0), 2]),
  ...[..."Jrj"].map((c): [number, number] => [c.charCodeAt(0), 4]),
  [0x47, 8],
  [0x95, 8],
]);
/** Number of bytes that hold the length of the argument. */
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
/** Opcode with two lines of text. */
const GLOBAL = 0x63;

/**
 * Cuts a pickle into opcodes, each with its argument.
 *
 * @returns the parts; the last one of a malformed pickle is all the rest
 */
function opcodesOf(pickle: Bytes): Bytes[] {
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

/** Opcodes that push one value. */
const PUSHING = new Set(
  [..."KMJGXNBC])}"].map((c) => c.charCodeAt(0)).concat(0x88, 0x89, 0x8a, 0x8c),
);

/** Every opcode without an argument, known to the reader or not. */
const BARE: readonly Bytes[] = [
  ..."(012N]laet)}dsuRbQ.oi",
].map((c) => utf8(c)).concat(
  [0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94].map((code) =>
    Uint8Array.of(code)
  ),
);

/** Unusual values by kind, each as the opcodes that push it. */
const VALUES: readonly (readonly Bytes[])[] = [
  [
    ...[0, 1, 0x7f, 0xff].map((value) => Uint8Array.of(0x4b, value)),
    ...[-1, -(2 ** 31), 2 ** 31 - 1, ...powers(10, 30)].map(int32),
    ...[5, 7, 8, 9, 10, 64, 65].flatMap((width) => [long(width, 0x01), long(width, 0xff)]),
  ],
  [NaN, Infinity, -Infinity, -0, 0.5, 1e300, 5e-324].map(float64),
  [
    ..."N]})".split("").map(utf8),
    Uint8Array.of(0x88),
    // A list that holds itself, a list that is nested deeply, a tuple that is.
    Uint8Array.of(0x5d, 0x71, 0xff, 0x68, 0xff, 0x61),
    utf8("]".repeat(20_000) + "a".repeat(19_999)),
    concat(utf8("N"), new Uint8Array(20_000).fill(0x85)),
  ],
  [
    concat(utf8("X"), Uint8Array.of(4, 0, 0, 0), utf8("text")),
    concat(utf8("B"), Uint8Array.of(4, 0, 0, 0, 1, 2, 3, 4)),
    utf8("ccollections\nOrderedDict\n"),
    utf8("ccollections\nOrderedDict\n)R"),
    utf8("cposix\nsystem\n"),
    utf8("ctorch\nFloatStorage\n"),
    concat(utf8("c__builtin__\nset\n]"), Uint8Array.of(0x85, 0x52)),
  ],
];

function powers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i));
}

function int32(value: number): Bytes {
  const bytes = Uint8Array.of(0x4a, 0, 0, 0, 0);
  new DataView(bytes.buffer).setInt32(1, value, true);
  return bytes;
}

function float64(value: number): Bytes {
  const bytes = new Uint8Array(9).fill(0x47, 0, 1);
  new DataView(bytes.buffer).setFloat64(1, value, false);
  return bytes;
}

/** Returns an integer of several bytes, of which only the last is not 0. */
function long(width: number, last: number): Bytes {
  const bytes = new Uint8Array(2 + width).fill(0x8a, 0, 1);
  bytes[1] = width;
  bytes[1 + width] = last;
  return bytes;
}

/**
 * Changes some opcodes of a pickle.
 *
 * @param pickle a pickle; it is not changed
 * @param random source of the choices
 */
export function mutatePickle(pickle: Bytes, random: CounterRandom): Bytes {
  const opcodes = opcodesOf(pickle);
  for (let round = 1 + random.below(4); round > 0 && opcodes.length > 0; round--) {
    const at = random.below(opcodes.length);
    const opcode = opcodes[at]!;
    switch (random.below(8)) {
      case 0:
        opcodes.splice(at, 1);
        break;
      case 1:
        opcodes.splice(at, 0, random.pick(opcodes));
        break;
      case 2:
        opcodes[at] = random.pick(BARE);
        break;
      case 3:
        opcodes.splice(at, 0, random.pick(random.pick(VALUES)));
        break;
      case 4:
        opcodes[at] = opcode.map((byte, i) => i > 0 && random.oneIn(2) ? random.below(256) : byte);
        break;
      default:
        replaceValue(opcodes, random);
    }
  }
  return concat(...opcodes);
}

/** Replaces an opcode that pushes a value by an unusual value. */
function replaceValue(opcodes: Bytes[], random: CounterRandom): void {
  const pushing = opcodes.flatMap((opcode, at) => PUSHING.has(opcode[0]!) ? [at] : []);
  if (pushing.length > 0) opcodes[random.pick(pushing)] = random.pick(random.pick(VALUES));
}
