/**
 * This program's own nightly run: analyses, parity and evaluation.
 *
 * @module
 */

import { join } from "node:path";
import type { z } from "zod";
import type { JsonOf } from "../core/schema.ts";
import { evaluationSchema } from "../evaluation/report.ts";
import { parityReportSchema } from "../parity/report.ts";
import { reportOfCommand } from "./command_report.ts";
import { parityFigures, qualityFigures } from "./figures_of_reports.ts";
import { measureRounds, type TrackBenchOptions, warmUp } from "./measure/track_bench.ts";
import type { NightlySubject } from "./nightly_run.ts";

/** Tracks and suites of a nightly run. */
export interface OwnNightlyOptions {
  /** Tracks, variants, weights and rounds to measure. */
  readonly bench: TrackBenchOptions;
  /** Suites of parity; none for all that can run. */
  readonly suites: readonly string[];
  /** Folder of the tracks with annotations. */
  readonly evaluate: string;
}

/**
 * Returns what a nightly run of this program measures.
 *
 * @param options tracks and suites
 */
export function ownNightly({ bench, suites, evaluate }: OwnNightlyOptions): NightlySubject {
  const { scratch, audio, weights: { weightsDir } } = bench;
  const folder = weightsDir === undefined ? [] : ["--weights-dir", weightsDir];
  const command = async <Schema extends z.ZodType>(
    name: string,
    args: readonly string[],
    schema: Schema,
  ): Promise<JsonOf<Schema>> =>
    await reportOfCommand(name, [...args, ...folder], join(scratch, name), schema);
  let system = "";
  return {
    async warmUp(): ReturnType<NightlySubject["warmUp"]> {
      const found = await warmUp(bench);
      const { demixer, model } = found.settings;
      system = `${demixer === "external" ? "stems" : demixer}/${model}`;
      return found;
    },
    measure: (seed, before, onMeasurement) =>
      measureRounds({ ...bench, seed }, before, onMeasurement),
    before: [{
      name: "parity",
      run: async () => {
        const args = suites.flatMap((name) => ["--suite", name]);
        return { parity: parityFigures(await command("parity", args, parityReportSchema)) };
      },
    }],
    after: [{
      name: "evaluate",
      run: async () => {
        const args = [evaluate, "--system", system];
        if (audio?.ffmpeg === false) args.push("--no-ffmpeg");
        return { quality: qualityFigures(await command("evaluate", args, evaluationSchema)) };
      },
    }],
  };
}
