/**
 * A synthetic run, its decision and its history, for the tests of the reports.
 *
 * @module
 */

import type { Decision, StageDecision } from "../run_report.ts";
import { type HistoryRun, reportOfRun, type ReportView } from "../report_view.ts";
import type { Measurement, ParityFigure, RunReport, StageMeasurement } from "../run_report.ts";
import { stageFigures } from "../stage_figures.ts";

/** Stages: seconds for each second of audio, and the start in the measurement as a share. */
const STAGES: readonly (readonly [stage: string, speed: number, start: number])[] = [
  ["weights", 0.004, 0],
  ["demixer weights", 0.009, 0],
  ["decode", 0.002, 0.001],
  ["mixture", 0.0006, 0.02],
  ["demix", 0.21, 0.03],
  ["stems", 0.0041, 0.66],
  ["spectrogram", 0.0083, 0.67],
  ["network", 0.072, 0.7],
  ["activations", 0.00012, 0.925],
  ["metrical", 0.0066, 0.926],
  ["functional", 0.00051, 0.95],
  ["write", 0.00021, 0.952],
];

const DAY = 86_400_000;
const STARTED_AT = Date.parse("2026-11-23T02:00:12.345Z");
const VARIANTS = [
  { name: "native, 2 threads", backend: "native", threads: 2 },
  { name: "onnx, 2 threads", backend: "onnx", threads: 2 },
] as const;

/** Size of the example. */
export interface ExampleSize {
  /** Number of days before the run. */
  readonly days: number;
  /** Rounds of the current run. */
  readonly rounds?: number;
}

/**
 * Returns a report with a slower stage, an outlier, a seam outside of its tolerance, and missing runs.
 *
 * @param size numbers of days and rounds
 */
export function exampleReport({ days, rounds = 7 }: ExampleSize): ReportView {
  const run = exampleRun(rounds);
  return reportOfRun(run, exampleDecision(run), exampleHistory(days));
}

/** Returns a run of two variants over two tracks. */
export function exampleRun(rounds = 7): RunReport {
  const random = randomNumbers(1);
  const tracks = [
    { name: "demo </script> piece", seconds: 46.8, sha256: "a".repeat(64) },
    { name: "four_four", seconds: 154.2, sha256: "b".repeat(64) },
  ];
  const measurements = Array.from(
    { length: rounds },
    (_, round) =>
      VARIANTS.flatMap((variant) =>
        tracks.map((track): Measurement => {
          const slower = (variant.backend === "onnx" ? 1.4 : 1) *
            (round === 2 && variant.backend === "onnx" ? 1.9 : 1);
          const stages = STAGES.map(([stage, speed, start]): StageMeasurement => {
            const seconds = speed * track.seconds * slower * (0.98 + 0.04 * random());
            const begin = start * 0.33 * track.seconds * slower;
            return {
              stage,
              start: begin,
              end: begin + seconds,
              cpuSeconds: 1.8 * seconds,
              peakBytes: Math.round(6e8 + 1e9 * speed),
              bytesRead: variant.backend === "onnx" ? null : Math.round(2e7 * speed),
            };
          });
          const seconds = Math.max(...stages.map(({ end }) => end));
          return {
            variant: variant.name,
            track: track.name,
            round,
            seconds,
            cpuSeconds: 1.8 * seconds,
            peakBytes: 9e8,
            bytesRead: variant.backend === "onnx" ? null : 1.2e8,
            stages,
          };
        })
      ),
  ).flat();
  return {
    format: 1,
    id: "00000000-0000-4000-8000-000000000000",
    startedAt: new Date(STARTED_AT).toISOString(),
    finishedAt: new Date(STARTED_AT + 3_600_000).toISOString(),
    program: { version: "0.1.0", commit: "74e51a0".padEnd(40, "0"), isModified: false },
    machine: {
      fingerprint: "0123456789abcdef",
      cpu: "Example processor at 2.10 GHz",
      cores: 2,
      memoryGiB: 8,
      os: "linux",
      architecture: "x86_64",
      cpuFlags: ["avx2", "avx512f", "fma"],
    },
    versions: { deno: "2.9.6", "onnxruntime-node": "1.30.0", v8: "15.0" },
    settings: {
      model: "harmonix-all",
      demixer: "htdemucs",
      weightsSha256: "c".repeat(64),
      warmUps: 1,
      rounds,
      seed: 7,
    },
    tracks,
    variants: VARIANTS,
    measurements,
    parity: exampleParity(),
    quality: ["hpss/embedded", "htdemucs/harmonix-all"].flatMap((system, nth) => [
      { system, measure: "beatF", value: 0.692 + 0.15 * nth, tracks: 31 },
      { system, measure: "downbeatF", value: 0.399 + 0.3 * nth, tracks: 31 },
    ]),
  };
}

/** Returns the decision that the network of one variant became slower. */
export function exampleDecision(run: RunReport): Decision {
  const stages = stageFigures(run).map(({ variant, stage, median }): StageDecision => {
    const isSlow = stage === "network" && variant === VARIANTS[0].name;
    const isFast = stage === "metrical" && variant === VARIANTS[1].name;
    const baseline = stage === "mixture" ? null : median / (isSlow ? 1.187 : isFast ? 0.8 : 1.004);
    return {
      variant,
      stage,
      median,
      baseline,
      ratio: baseline === null ? null : median / baseline,
      pValue: baseline === null ? null : isSlow ? 0.0004 : 0.4,
      minimum: 0.1,
      verdict: baseline === null ? "new" : isSlow ? "slower" : isFast ? "faster" : "same",
    };
  });
  return {
    verdict: "regression",
    sentence: "One stage became slower: network of native, 2 threads takes 18.7 % longer than in " +
      "the 14 runs before; one seam left its tolerance",
    baseline: { kind: "rolling", runs: ["run 12", "run 13"], notComparable: 1 },
    stages,
    parity: [{
      suite: "seeded",
      piece: "four_four",
      mode: "isolated",
      seam: "logits.beat",
      reason: "outside",
      needs: 1.8e-6,
      before: 6.1e-7,
    }],
    quality: [{ system: "hpss/embedded", measure: "downbeatF", value: 0.399, before: 0.421 }],
    steps: [{
      variant: VARIANTS[0].name,
      stage: "demix",
      run: "run 20",
      startedAt: new Date(STARTED_AT - 20 * DAY).toISOString(),
      ratio: 0.82,
      pValue: 1e-6,
      isAlert: false,
    }, {
      variant: VARIANTS[0].name,
      stage: "network",
      run: run.id,
      startedAt: run.startedAt,
      ratio: 1.187,
      pValue: 0.0004,
      isAlert: true,
    }],
  };
}

/**
 * Returns the runs before: each eleventh is missing, each seventeenth is of another machine.
 *
 * @param days number of days before the run
 */
export function exampleHistory(days: number): HistoryRun[] {
  const random = randomNumbers(2);
  const seconds = 201;
  return Array.from({ length: days }, (_, i) => days - i)
    .filter((age) => age % 11 !== 5)
    .map((age): HistoryRun => ({
      run: `run ${age}`,
      startedAt: new Date(STARTED_AT - age * DAY).toISOString(),
      commit: age.toString(16).padStart(40, "0"),
      isComparable: age % 17 !== 9,
      stages: VARIANTS.flatMap(({ name, backend }) =>
        [["total", 0.33] as const, ...STAGES].map(([stage, speed]) => {
          const median = speed * seconds * (backend === "onnx" ? 1.4 : 1) *
            (age % 17 === 9 ? 0.6 : 1) * (stage === "demix" && age > 20 ? 1.22 : 1) *
            (stage === "network" && backend === "native" ? 0.84 : 1) * (0.97 + 0.06 * random());
          return {
            variant: name,
            stage,
            median,
            interval: { low: median * 0.985, high: median * 1.02 },
            realTimeFactor: seconds / median,
          };
        })
      ),
    }));
}

function exampleParity(): ParityFigure[] {
  const random = randomNumbers(3);
  const seams = ["mixture", "stems", "spectrogram", "logits.beat", "embeddings", "beats"];
  return ["demo", "four_four", "waltz"].flatMap((piece) =>
    (["isolated", "chained"] as const).flatMap((mode) =>
      seams.map((seam): ParityFigure => {
        const fails = piece === "four_four" && mode === "isolated" && seam === "logits.beat";
        const isMissing = piece === "waltz" && mode === "chained" && seam === "beats";
        const isReported = mode === "chained" && seam === "embeddings";
        return {
          suite: "seeded",
          piece,
          mode,
          stage: seam.split(".")[0]!,
          seam,
          verdict: fails || isMissing ? "fail" : isReported ? "reported" : "pass",
          needs: isMissing
            ? null
            : seam === "beats"
            ? 0
            : fails
            ? 1.8e-6
            : 10 ** (-9 + 3 * random()) * (isReported ? 40 : 1),
          allowed: seam === "beats" ? 1e-9 : 1e-6,
          upstream: seam === "logits.beat" ? 1.1e-6 : null,
        };
      })
    )
  );
}

/** Returns a generator of numbers from 0 to 1, the same for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
