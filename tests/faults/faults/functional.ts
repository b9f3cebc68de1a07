/**
 * Faults on the way from section and label probabilities to segments.
 *
 * @module
 */

import type { Fault } from "../fault.ts";

const file = "pipeline/functional.ts";
const expected = "functional";

/** Faults that the stage `functional` has to fail for. */
export const FUNCTIONAL_FAULTS: readonly Fault[] = [
  {
    name: "a boundary need not be above what comes after it",
    file,
    find: "if (past.some(isLarger) || future.some(isLarger)) return;",
    put: "if (past.some(isLarger)) return;",
    expected,
  },
  {
    name: "boundaries are measured against 14 instead of 12 seconds",
    file,
    find: "CONTEXT_FRAMES = 12 * FRAMES_PER_SECOND;",
    put: "CONTEXT_FRAMES = 14 * FRAMES_PER_SECOND;",
    expected,
  },
  {
    name: "the first boundary is that of the first peak",
    file,
    find: "const starts = [0, ...boundaryFrames(section.data).filter((frame) => frame > 0)];",
    put: "const starts = boundaryFrames(section.data);",
    expected,
  },
  {
    name: "the last boundary is the beginning of the last frame instead of its end",
    file,
    find: "Float64Array.from([...starts, frames], seconds),",
    put: "Float64Array.from([...starts, frames - 1], seconds),",
    expected,
  },
  {
    name: "a label is chosen by its largest instead of its mean probability",
    file,
    find:
      "const mean = meanAsNumpy(labels.data.subarray(label * frames + start, label * frames + end));",
    put:
      "const mean = labels.data.subarray(label * frames + start, label * frames + end).reduce((a, b) => Math.max(a, b));",
    expected,
  },
];
