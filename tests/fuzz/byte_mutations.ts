/**
 * Damage that needs no knowledge of the format.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Bytes, concat, replace } from "./bytes.ts";
import type { CounterRandom } from "../../core/counter_random.ts";

/** Sources of new bytes. */
export interface Material {
  /** Valid files of the same format. */
  readonly seeds: readonly Bytes[];
  /** Words that have a meaning in the format. */
  readonly tokens: readonly Bytes[];
}

type Mutation = (bytes: Bytes, random: CounterRandom, material: Material) => Bytes;

/** Largest input, so that a reader that takes much memory does so by itself. */
const MAX_INPUT_BYTES: number = 2 ** 20;

/** Bytes at both ends, which hold headers and directories and get half of the damage. */
const EDGE_BYTES = 600;
const BEHIND_TOKEN_BYTES = 48;

/** Ends of the ranges of 8, 16, 32 and 64-bit integers, and sizes that no file here has. */
const EXTREMES: readonly bigint[] = [
  ...[0n, 1n, 2n, -1n, -2n],
  ...[7n, 8n, 15n, 16n, 24n, 31n, 32n, 48n, 53n, 63n].flatMap((power) => [
    (1n << power) - 1n,
    1n << power,
    -(1n << power),
  ]),
];

function place(bytes: Bytes, random: CounterRandom): number {
  const edge = random.below(Math.min(bytes.length, EDGE_BYTES));
  const choice = random.below(4);
  if (choice === 0) return edge;
  return choice === 1 ? bytes.length - 1 - edge : random.below(bytes.length);
}

/** Returns a part of at most 2^k bytes; k is random, so that short parts are as likely as long ones. */
function part(bytes: Bytes, random: CounterRandom): [start: number, end: number] {
  const start = place(bytes, random);
  const length = 1 + random.below(2 ** (1 + random.below(12)));
  return [start, Math.min(bytes.length, start + length)];
}

function flipBit(bytes: Bytes, random: CounterRandom): Bytes {
  const at = place(bytes, random);
  return replace(bytes, at, at + 1, Uint8Array.of(bytes[at]! ^ (1 << random.below(8))));
}

function overwriteByte(bytes: Bytes, random: CounterRandom): Bytes {
  const at = place(bytes, random);
  const value = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
  return replace(bytes, at, at + 1, Uint8Array.of(value));
}

function overwriteInteger(bytes: Bytes, random: CounterRandom): Bytes {
  return putInteger(bytes, random, place(bytes, random));
}

/** Overwrites a field behind a token, because lengths, counts and tables follow the word that names them. */
function overwriteBehindToken(bytes: Bytes, random: CounterRandom, { tokens }: Material): Bytes {
  if (tokens.length === 0) return overwriteInteger(bytes, random);
  const token = random.pick(tokens);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const later = text.indexOf(token, random.below(bytes.length));
  const found = later < 0 ? text.indexOf(token) : later;
  if (found < 0) return overwriteInteger(bytes, random);
  return putInteger(bytes, random, found + token.length + random.below(BEHIND_TOKEN_BYTES));
}

function putInteger(bytes: Bytes, random: CounterRandom, place: number): Bytes {
  const width = random.pick([2, 4, 8]);
  const field = new Uint8Array(8);
  const view = new DataView(field.buffer);
  const littleEndian = random.oneIn(2);
  view.setBigUint64(0, BigInt.asUintN(64, random.pick(EXTREMES)), littleEndian);
  const value = littleEndian ? field.subarray(0, width) : field.subarray(8 - width);
  const at = Math.max(0, Math.min(place, bytes.length - width));
  return replace(bytes, at, Math.min(bytes.length, at + width), value);
}

function fill(bytes: Bytes, random: CounterRandom): Bytes {
  const [start, end] = part(bytes, random);
  return bytes.slice().fill(random.pick([0, 0x7f, 0x80, 0xff, 0x20]), start, end);
}

function truncate(bytes: Bytes, random: CounterRandom): Bytes {
  return bytes.slice(0, place(bytes, random));
}

function remove(bytes: Bytes, random: CounterRandom): Bytes {
  const [start, end] = part(bytes, random);
  return replace(bytes, start, end, new Uint8Array());
}

function copyElsewhere(bytes: Bytes, random: CounterRandom): Bytes {
  const [start, end] = part(bytes, random);
  const at = place(bytes, random);
  const until = random.oneIn(2) ? at : Math.min(bytes.length, at + end - start);
  return replace(bytes, at, until, bytes.subarray(start, end));
}

function repeat(bytes: Bytes, random: CounterRandom): Bytes {
  const [start, end] = part(bytes, random);
  const times = Math.min(2 ** (1 + random.below(13)), 2 ** 17 / (end - start));
  const chunk = bytes.subarray(start, end);
  return replace(bytes, start, end, concat(...Array.from({ length: times }, () => chunk)));
}

function insertNoise(bytes: Bytes, random: CounterRandom): Bytes {
  const at = place(bytes, random);
  const noise = Uint8Array.from({ length: 1 + random.below(64) }, () => random.below(256));
  return replace(bytes, at, at, noise);
}

function putToken(bytes: Bytes, random: CounterRandom, { tokens }: Material): Bytes {
  if (tokens.length === 0) return overwriteByte(bytes, random);
  const token = random.pick(tokens);
  const at = place(bytes, random);
  return replace(
    bytes,
    at,
    random.oneIn(2) ? at : Math.min(bytes.length, at + token.length),
    token,
  );
}

function splice(bytes: Bytes, random: CounterRandom, { seeds }: Material): Bytes {
  const other = random.pick(seeds);
  const [start, end] = other.length === 0 ? [0, 0] : part(other, random);
  const at = place(bytes, random);
  return random.oneIn(2)
    ? concat(bytes.subarray(0, at), other.subarray(Math.min(other.length, at)))
    : replace(bytes, at, at, other.subarray(start, end));
}

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  flipBit,
  overwriteByte,
  overwriteByte,
  overwriteInteger,
  overwriteInteger,
  overwriteBehindToken,
  overwriteBehindToken,
  fill,
  truncate,
  remove,
  copyElsewhere,
  repeat,
  insertNoise,
  putToken,
  putToken,
  splice,
];

/**
 * Damages a file in one to eight places.
 *
 * @param bytes the file; it is not changed
 * @param random source of the choices
 * @param material source of new bytes
 * @returns the damaged file, at most {@linkcode MAX_INPUT_BYTES} long
 */
export function mutateBytes(bytes: Bytes, random: CounterRandom, material: Material): Bytes {
  const rounds = random.oneIn(2) ? 1 : 1 + random.below(8);
  let mutated = bytes;
  for (let round = 0; round < rounds && mutated.length > 0; round++) {
    mutated = random.pick(MUTATIONS)(mutated, random, material).slice(0, MAX_INPUT_BYTES);
  }
  return mutated;
}
