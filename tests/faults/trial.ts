/**
 * A program of two files on which tests run a proof.
 *
 * @module
 */

import { tensor } from "../../core/tensor.ts";
import { compare } from "../../parity/compare.ts";
import { TOLERANCES } from "../../parity/tolerances.ts";
import type { InnerSeamResult, ParityReport } from "../../parity/report.ts";
import type { Fault } from "./fault.ts";
import { type Specimen, SpecimenError } from "./prove.ts";

/** Faults of the trial program. */
export const TRIAL_FAULTS: readonly Fault[] = [
  { name: "wrong hop", file: "a.rs", find: "441", put: "440", expected: "spectrogram" },
  { name: "no sigmoid", file: "b.ts", find: "sigmoid", put: "same", expected: "activations" },
];

const INNER: InnerSeamResult = {
  ...{ seam: "windowed", inputs: [], shape: [4], verdict: "fail", elements: 4, failing: 3 },
  ...{ needs: 0.25, allowed: 1e-6 },
};

const WALK = { stage: "spectrogram", subject: "a trial", steps: [INNER], first: INNER };

/** Returns the failing stages, or the reason why nothing can be compared, for the text of all files. */
export type Examination = (text: string) => readonly string[] | string;

/** Returns the stages that have the faults of the trial program. */
export const CORRECT: Examination = (text) => [
  ...(text.includes("440") ? ["spectrogram"] : []),
  ...(text.includes("same") ? ["activations"] : []),
];

/** The trial program. */
export class Trial implements Specimen {
  readonly directory = "trial";
  readonly sha256 = "5".repeat(64);
  readonly files = new Map([["a.rs", "hop = 441"], ["b.ts", "sigmoid(x)"]]);
  /** The text of all files at each comparison. */
  readonly compared: string[] = [];
  /** The additional suites of each comparison. */
  readonly suites: (readonly string[])[] = [];
  isRemoved = false;
  readonly #examine: Examination;

  constructor(examine: Examination = CORRECT) {
    this.#examine = examine;
  }

  read(file: string): Promise<string> {
    return Promise.resolve(this.files.get(file) ?? "");
  }

  write(file: string, text: string): Promise<void> {
    this.files.set(file, text);
    return Promise.resolve();
  }

  compare(suites: readonly string[]): Promise<ParityReport> {
    this.suites.push(suites);
    const text = [...this.files.values()].join("; ");
    this.compared.push(text);
    const found = this.#examine(text);
    if (typeof found === "string") return Promise.reject(new SpecimenError(found));
    return Promise.resolve(reportOf(found));
  }

  remove(): Promise<void> {
    this.isRemoved = true;
    return Promise.resolve();
  }
}

/**
 * Returns a report in which one seam of each stage was compared, and some stages failed.
 *
 * @param failing names of the failed stages
 */
export function reportOf(failing: readonly string[]): ParityReport {
  const seams = { spectrogram: "spectrogram", activations: "activations.beat" } as const;
  const results = Object.entries(seams).map(([stage, seam]) => {
    const values = failing.includes(stage) ? [0.25, 0.1, 0.1, 0] : [0, 0, 0, 1e-7];
    const comparison = compare(
      tensor("f64", [4], Float64Array.from(values)),
      tensor("f64", [4], new Float64Array(4)),
      TOLERANCES.float,
    );
    return {
      ...{ suite: "seeded", piece: "four_four", mode: "isolated" as const, stage, seam },
      verdict: comparison.passed ? "pass" as const : "fail" as const,
      ...{ tolerance: TOLERANCES.float, comparison, upstreamFloat32: null, durationSeconds: 1 },
    };
  });
  return {
    format: 2,
    pipeline: "trial",
    upstream: { allin1: "1.1.0" },
    suites: [{
      ...{ suite: "seeded", implementation: "native", model: "seeded-all" },
      ...{ results, growth: [], first: [] },
    }],
    walks: failing.includes("spectrogram") ? [WALK] : [],
  };
}
