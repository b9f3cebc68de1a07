/**
 * Small runs for tests.
 *
 * @module
 */

import type { Measurement, RunReport } from "../run_report.ts";

/** Returns a run without measurements, of one variant and two tracks, with the given differences. */
export function testRun(differing: Partial<RunReport> = {}): RunReport {
  return {
    format: 1,
    id: "run",
    startedAt: "2026-01-01T02:00:00.000Z",
    finishedAt: "2026-01-01T03:00:00.000Z",
    program: { version: "0.1.0", commit: null, isModified: null },
    machine: {
      fingerprint: "0123456789abcdef",
      cpu: "Processor",
      cores: 2,
      memoryGiB: 8,
      os: "linux",
      architecture: "x86_64",
      cpuFlags: ["avx2"],
    },
    versions: {},
    settings: {
      model: "embedded",
      demixer: "hpss",
      weightsSha256: "aa",
      warmUps: 1,
      rounds: 2,
      seed: 1,
    },
    tracks: [
      { name: "one", seconds: 20, sha256: "11" },
      { name: "two", seconds: 10.5, sha256: "22" },
    ],
    variants: [{ name: "native", backend: "native", threads: 2 }],
    measurements: [],
    parity: [],
    quality: [],
    ...differing,
  };
}

/** Returns a measurement whose stages run one after another for the given seconds. */
export function testMeasurement(
  track: string,
  round: number,
  stages: readonly (readonly [stage: string, seconds: number])[],
  variant = "native",
): Measurement {
  let end = 0;
  const measured = stages.map(([stage, seconds]) => {
    const start = end;
    end += seconds;
    return { stage, start, end, cpuSeconds: seconds, peakBytes: 1, bytesRead: null };
  });
  return {
    variant,
    track,
    round,
    seconds: end,
    cpuSeconds: end,
    peakBytes: 1,
    bytesRead: null,
    stages: measured,
  };
}
