/**
 * Analyses one track as `analyze` does, and prints its time and memory as one line of JSON.
 *
 *     deno run -A reports/measure/measure.ts REQUEST
 *
 * It is a separate program, so that the figures of the process are those of the analysis. It runs with all permissions,
 * because Deno requires them for reading `/proc/self`.
 *
 * @module
 */

import { reasonOf } from "../../core/reason.ts";
import { writeResultFiles } from "../../outputs/result_files.ts";
import { workCounts } from "../../kernels/mod.ts";
import { Analyzer } from "../../pipeline/analyzer.ts";
import { timed } from "../../pipeline/runner.ts";
import { demixShifts } from "../../pipeline/shifts.ts";
import { cpuFlags } from "../machine.ts";
import type { StageMeasurement } from "../run_report.ts";
import type { MeasureReply } from "./measure_reply.ts";
import type { MeasureRequest } from "./measure_request.ts";
import { bytesRead, cpuSeconds, peakBytes, StageMeter, systemText } from "./stage_meter.ts";

/** Rule by which Linux chooses the clock of the processor. */
const GOVERNOR = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";

/** Runs the analysis. */
async function measure(request: MeasureRequest): Promise<MeasureReply> {
  const origin = request.startedAt - performance.timeOrigin;
  const meter = new StageMeter(workCounts);
  meter.onStarted("start");
  meter.onTiming({ stage: "start", start: 0, end: (performance.now() - origin) / 1000 });
  const { model, demixer, backend, device, threads, weightsDir, audio } = request;
  const analyzer = Analyzer.start({
    ...{
      model,
      audio,
      compute: { backend, threads, ...(device !== undefined && { device }) },
      embeddings: false,
      shifts: demixShifts(1, 0),
    },
    ...(weightsDir !== undefined && { weightsDir }),
    demixer: request.stemsDirectory === undefined ? demixer : null,
    ...{ observer: meter, origin },
  });
  const done = await analyzer.analyzeWithSeams(request, {
    observer: meter,
    keepsStems: false,
  });
  await timed(origin, "write", meter, () =>
    writeResultFiles(done, {
      directory: request.outputDirectory,
      activations: false,
      embeddings: false,
    }));
  const stages: StageMeasurement[] = meter.finish();
  const { provenance } = done.result;
  return {
    audioSeconds: done.durationSeconds,
    weights: [...provenance.weights.map(({ sha256 }) => sha256), provenance.demixer_weights]
      .filter((sha256) => sha256 !== null),
    cpuSeconds: cpuSeconds(),
    peakBytes: peakBytes(),
    bytesRead: bytesRead(),
    ...meter.work(),
    stages,
    cpuFlags: cpuFlags(systemText("/proc/cpuinfo")),
    governor: systemText(GOVERNOR).trim(),
  };
}

/**
 * Runs the analysis of a request, prints its figures and ends the process.
 *
 * @param request JSON of the request
 */
export async function runMeasure(request: string): Promise<never> {
  try {
    console.log(JSON.stringify(await measure(JSON.parse(request))));
  } catch (error) {
    console.error(reasonOf(error));
    Deno.exit(1);
  }
  Deno.exit(0);
}

if (import.meta.main) await runMeasure(Deno.args[0] ?? "{}");
