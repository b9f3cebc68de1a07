/**
 * `analyze`: tracks in, results out.
 *
 * @module
 */

import { appendFile, mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { writeResultFiles } from "../outputs/result_files.ts";
import { AnalysisRun } from "../pipeline/analysis_run.ts";
import { providersOf } from "../pipeline/backends/devices.ts";
import { resultToJson } from "../pipeline/result.ts";
import type { StageTiming } from "../pipeline/runner.ts";
import { ANALYZE_HELP, understand } from "./analyze_call.ts";
import { chosenWeights } from "./chosen_weights.ts";
import { StatusLine } from "./status_line.ts";
import { summary } from "./summary.ts";
import { warnOfUntrained } from "./untrained.ts";
import { ensureFile, ensureFolder } from "./writable.ts";

/**
 * Runs the command.
 *
 * @param args what follows `analyze` on the command line
 * @returns the exit code: 0, or 1 when a track failed
 * @throws {UsageError | ModelError | DeviceError} if the call is wrong or the weights cannot be had
 */
export async function analyzeCommand(args: readonly string[]): Promise<number> {
  const call = understand(args);
  if (call === null) {
    console.log(ANALYZE_HELP);
    return 0;
  }
  const { tracks, outputDirectory, activations, embeddings, timingsPath } = call;
  await providersOf(call.device);
  await ensureFolder(outputDirectory, "--out-dir");
  if (call.keepIn !== undefined) await ensureFolder(call.keepIn, "--demix-dir");
  if (timingsPath !== undefined) await ensureFile(timingsPath, "--timings-path");
  const separates = tracks.some(({ stemsDirectory }) => stemsDirectory === undefined);
  const roles = separates ? ["demixer", "model"] as const : ["model"] as const;
  const folder = call.weightsDirectory === undefined ? {} : { weightsDir: call.weightsDirectory };
  const { model, demixer, automatic } = await chosenWeights(call, folder, roles);
  warnOfUntrained(separates ? [demixer, model] : [model]);
  const status = new StatusLine();
  const loaded: StageTiming[] = [];
  let timings: StageTiming[] = [];
  const run = new AnalysisRun({
    ...folder,
    ...{ model, automatic, shifts: call.shifts, embeddings },
    compute: {
      ...{ backend: call.backend, device: call.device },
      ...(call.threads !== undefined && { threads: call.threads }),
    },
    ...(separates && { demixer }),
    ...(call.keepIn !== undefined && { keepIn: call.keepIn }),
    ...(call.guard && { guard: call.guard }),
    observer: { onTiming: (timing) => loaded.push(timing) },
  });
  try {
    const failures = await run.analyzeAll(tracks, {
      observe: ({ path }) => {
        timings = [];
        return {
          onStart: (stage) => status.show(`${path}: ${stage}`),
          onProgress: (stage, part, parts) => status.show(`${path}: ${stage} ${part}/${parts}`),
          onTiming: (timing) => timings.push(timing),
        };
      },
      onAnalyzed: async (analyzed) => {
        const options = { directory: outputDirectory, activations, embeddings };
        const file = await writeResultFiles(analyzed, options);
        if (timingsPath !== undefined) {
          // The loading of the weights is reported once, with the first result.
          const all = [...loaded.splice(0).sort(byStart), ...timings];
          await appendTimings(timingsPath, all, model, analyzed.track.path);
        }
        status.clear();
        for (const warning of analyzed.warnings) console.error(`Warning: ${warning}`);
        for (const note of analyzed.notes) console.error(note);
        const { result } = analyzed;
        console.log(call.json ? resultToJson(result).trimEnd() : summary(result, file));
      },
      onFailure: ({ path }, error) => {
        status.clear();
        console.error(`${path}: ${error instanceof Error ? error.message : error}`);
      },
    });
    return failures === 0 ? 0 : 1;
  } finally {
    status.clear();
    await run.close();
  }
}

function byStart(a: StageTiming, b: StageTiming): number {
  return a.start - b.start;
}

/** Appends one JSON object a line, in the format of all-in-one-mlx. */
async function appendTimings(
  path: string,
  timings: readonly StageTiming[],
  model: string,
  track: string,
): Promise<void> {
  const lines = timings.map(({ stage, start, end, device, fallback }) =>
    JSON.stringify({
      ...{ stage, start, end, duration: end - start, device, model, track },
      ...(fallback !== undefined && { fallback }),
    })
  );
  await mkdir(dirname(resolve(path)), { recursive: true });
  await appendFile(path, lines.map((line) => `${line}\n`).join(""));
}
