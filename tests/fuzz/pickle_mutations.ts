/**
 * Damage to pickles, opcode by opcode: what comes out is still a sequence of whole opcodes.
 *
 * @module
 */

import { type Bytes, join, utf8 } from "./bytes.ts";
import type { CounterRandom } from "../../core/counter_random.ts";
import { opcodesOf } from "./pickle_opcodes.ts";

/** Opcodes that push one value of their own. */
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

/** Values that a reader may not have thought of, by kind, each as the opcodes that push it. */
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
    join(utf8("N"), new Uint8Array(20_000).fill(0x85)),
  ],
  [
    join(utf8("X"), Uint8Array.of(4, 0, 0, 0), utf8("text")),
    join(utf8("B"), Uint8Array.of(4, 0, 0, 0, 1, 2, 3, 4)),
    utf8("ccollections\nOrderedDict\n"),
    utf8("ccollections\nOrderedDict\n)R"),
    utf8("cposix\nsystem\n"),
    utf8("ctorch\nFloatStorage\n"),
    join(utf8("c__builtin__\nset\n]"), Uint8Array.of(0x85, 0x52)),
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

/** An integer of some bytes, all 0 but for the last. */
function long(width: number, last: number): Bytes {
  const bytes = new Uint8Array(2 + width).fill(0x8a, 0, 1);
  bytes[1] = width;
  bytes[1 + width] = last;
  return bytes;
}

/**
 * Changes some opcodes of a pickle.
 *
 * @param pickle a pickle; it stays as it is
 * @param random which and how
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
  return join(...opcodes);
}

/** Puts an awkward value where a value is pushed. */
function replaceValue(opcodes: Bytes[], random: CounterRandom): void {
  const pushing = opcodes.flatMap((opcode, at) => PUSHING.has(opcode[0]!) ? [at] : []);
  if (pushing.length > 0) opcodes[random.pick(pushing)] = random.pick(random.pick(VALUES));
}
