/**
 * A fuzzer of readers with known defects, for the tests of the fuzzer itself.
 *
 * @module
 */

import { fuzzCommand } from "../fuzz_command.ts";
import type { Target } from "../target.ts";

/** The only error that the readers here may throw. */
class Refusal extends Error {}

/** Files of one byte each; the last is the one that the defects show in. */
const SEEDS = [1, 2, 3, 4].map((byte) => Uint8Array.of(byte));
const BAD_BYTE = 4;

/** Memory that a reader holds. */
const held: Uint8Array[] = [];

function sleep(seconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000 * seconds);
}

function planted(name: string, defect: () => void): Target {
  return {
    name,
    share: 1,
    extension: "bin",
    tokens: [],
    seeds: () => Promise.resolve(SEEDS),
    read: ([byte = 0, ...more]) => {
      if (byte === BAD_BYTE && more.length === 0) defect();
      if (byte === 0 || byte > BAD_BYTE || more.length > 0) {
        throw new Refusal("not one of the files");
      }
    },
    isExpected: (error) => error instanceof Refusal,
  };
}

const TARGETS: readonly Target[] = [
  planted("sound", () => {}),
  planted("throws", () => {
    throw new TypeError("an index that was not checked");
  }),
  planted("loops", () => {
    for (;;) held.length = 0;
  }),
  planted("sleeps", () => sleep(600)),
  // Longer than a case may compute.
  planted("waits", () => sleep(1.5)),
  planted("allocates", () => {
    // In parts, like a reader that appends.
    for (let part = 0; part < 64; part++) held.push(new Uint8Array(2 ** 24).fill(1));
    // Time for the thread that watches the memory, on a busy machine as well.
    sleep(60);
  }),
  planted("exits", () => Deno.exit(0)),
  planted("mumbles", () => {
    throw new Refusal();
  }),
  {
    ...planted("unusable", () => {}),
    read: () => {
      throw new Refusal("nothing is ever accepted");
    },
  },
];

Deno.exit(
  await fuzzCommand(Deno.args, {
    targets: TARGETS,
    entry: import.meta.url,
    limits: {
      caseSeconds: 1,
      wallSeconds: Deno.args.includes("sleeps") ? 2 : 120,
      riseBytes: 2 ** 28,
      residentBytes: 2 ** 31,
    },
  }),
);
