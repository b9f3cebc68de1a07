/**
 * Faults of the beat decoder and the tempo.
 *
 * @module
 */

import type { Fault } from "../fault.ts";

const FOLDER = "kernels/src/metrical";
const expected = "metrical";

/** Faults that the stage `metrical` has to fail for. */
export const METRICAL_FAULTS: readonly Fault[] = [
  {
    name: "the tempo is the median of all tempi instead of the most frequent one",
    file: "pipeline/tempo.ts",
    find: "  return lastByNumpysSort(histogram);",
    put: `  const all = [...histogram].flatMap((count, bpm) => new Array<number>(count).fill(bpm));
  return all[all.length >> 1] ?? lastByNumpysSort(histogram);`,
    expected,
  },
  {
    name: "the threshold is ignored",
    file: "pipeline/metrical.ts",
    find: "await decode(input, threshold);",
    put: "await decode(input, 0 * threshold);",
    expected,
  },
  {
    name: "the downbeat's share is left in that of the beat",
    file: "pipeline/metrical.ts",
    find: "Math.max(FLOOR, f(b - d))",
    put: "Math.max(FLOOR, b)",
    expected,
  },
  {
    name: "a change of tempo costs 90 instead of 100",
    file: `${FOLDER}/state_space.rs`,
    find: "TRANSITION_LAMBDA: f64 = 100.0;",
    put: "TRANSITION_LAMBDA: f64 = 90.0;",
    expected,
  },
  {
    name: "positions in the bar are counted from 0",
    file: `${FOLDER}/mod.rs`,
    find: "position: span.beat as u8 + 1,",
    put: "position: span.beat as u8,",
    expected,
  },
  {
    name: "a beat stays where its span begins instead of moving to the highest activation",
    file: `${FOLDER}/mod.rs`,
    find: ".take(right).skip(left)",
    put: ".take(right.min(left + 1)).skip(left)",
    expected,
  },
];
