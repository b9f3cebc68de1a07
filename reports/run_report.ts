/**
 * Schemas and types of a run: `bench` and `nightly` measure runs, the history stores them, and every report is made from
 * a run.
 *
 * Times are seconds, memory is bytes. An unknown value is null, never 0. The schemas here also give the JSON Schema
 * files, which `scripts/json_schemas.ts` writes.
 *
 * @module
 */

import { z } from "zod";
import type { JsonOf } from "../core/schema.ts";

/** Name of the row that stands for the whole of a measurement. */
export const TOTAL = "total";

const name = z.string().min(1);
const time = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/)
  .describe("ISO 8601, UTC");
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const notNegative = z.number().min(0);
const probability = z.number().min(0).max(1);

const program = z.strictObject({
  version: name.describe("Version in deno.json"),
  commit: z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/).nullable()
    .describe("Full hash; null outside of a repository"),
  isModified: z.boolean().nullable()
    .describe("Whether files differ from the commit; null without a commit"),
});

const machine = z.strictObject({
  fingerprint: name
    .describe("Hash of the other fields; only runs of one fingerprint are compared"),
  cpu: z.string().describe("Model name of the processor"),
  cores: z.int().min(1).describe("Logical cores"),
  memoryGiB: count
    .describe("Rounded to whole GiB: a kernel that reserves a little more is the same machine"),
  os: name.describe("linux, darwin or windows"),
  architecture: name.describe("x86_64 or aarch64"),
  cpuFlags: z.array(name).describe("Flags that choose the fast paths, as avx2 and avx512f, sorted"),
}).meta({ id: "machine" });

const settings = z.strictObject({
  pipeline: name.exactOptional()
    .describe("Name of a described pipeline; absent for that of this program"),
  model: name.describe("Model in the registry; of a described pipeline its name"),
  demixer: name.describe("Demixer; external for given stems"),
  weightsSha256: sha256.describe("SHA-256 of all weights, sorted and hashed again"),
  warmUps: count.describe("Rounds that do not count"),
  rounds: z.int().min(1).describe("Rounds that count"),
  seed: z.int().describe("Seed of the order of the measurements; 0 where the order rotates"),
});

const track = z.strictObject({
  name: name.describe("Unique in the run"),
  seconds: z.number().gt(0).nullable().describe("Length; null where unknown"),
  sha256: sha256.describe("Of the audio file, or of the files of its stems one after the other"),
}).meta({ id: "track" });

const variant = z.strictObject({
  name: name.describe("Unique in the run, such as native, 2 threads, or demucs 4.0.1"),
  backend: name.describe(
    "native or onnx; of single stages also typescript, process for a whole process, and peer for " +
      "another program",
  ),
  device: name.exactOptional()
    .describe("Device of ONNX Runtime, such as webgpu; absent for the CPU"),
  threads: z.int().min(1).describe("Threads of the networks"),
}).meta({ id: "variant" });

const workCounts = z.strictObject({
  instructions: notNegative,
  cycles: notNegative,
  cacheMisses: notNegative.describe("Accesses that missed the last level of cache"),
}).meta({
  id: "workCounts",
  description: "Hardware counts of the process in user mode, all threads",
});

const stageMeasurement = z.strictObject({
  stage: name.describe("A stage of the table of stages"),
  start: notNegative.describe("Seconds after the start of the measurement"),
  end: notNegative.describe("Seconds after the start of the measurement"),
  cpuSeconds: notNegative.nullable()
    .describe("User and system time of the process while the stage ran; null if unknown"),
  peakBytes: count.nullable()
    .describe("Highest resident memory of the process while the stage ran; null if unknown"),
  bytesRead: count.nullable()
    .describe("Bytes that the process read from files while the stage ran; null if unknown"),
  work: workCounts.exactOptional().describe("While the stage ran; absent without counters"),
}).meta({ id: "stageMeasurement" });

/**
 * Schema of {@linkcode Measurement}.
 *
 * @internal
 */
export const measurementSchema = z.strictObject({
  variant: name.describe("Name of the variant"),
  track: name.describe("Name of the track"),
  round: count.describe("From 0 on"),
  seconds: notNegative.describe("From the start of the process to the result"),
  cpuSeconds: notNegative.nullable()
    .describe("User and system time of all threads; null if unknown"),
  peakBytes: count.nullable().describe("Highest resident memory; null if unknown"),
  bytesRead: count.nullable()
    .describe("Bytes that the process read from files; null if unknown"),
  work: workCounts.exactOptional().describe("After the start; absent without counters"),
  noWork: name.exactOptional().describe("Reason why there are no counters"),
  stages: z.array(stageMeasurement).describe("In the order in which they ended"),
}).meta({ id: "measurement" });

const stageTimes = z.strictObject({
  stage: name.describe("A stage of the pipeline, or total, analyze or start"),
  audioSeconds: z.number().gt(0).nullable().describe("Length of the audio; null without audio"),
  seconds: z.record(z.string(), z.array(notNegative))
    .describe("Seconds of every round that counts, in order, by variant; peers are variants"),
}).meta({ id: "stageTimes" });

const parityFigure = z.strictObject({
  suite: name.describe("Name of the suite"),
  piece: name.describe("Name of the piece"),
  mode: z.enum(["isolated", "chained"]),
  stage: name.describe("The stage that makes the seam"),
  seam: name.describe("Name of the seam"),
  verdict: z.enum(["pass", "fail", "reported"]),
  needs: notNegative.nullable()
    .describe("Smallest tolerance that passes; null if unknown, as of a missing seam"),
  allowed: notNegative.describe("Tolerance"),
  upstream: notNegative.nullable()
    .describe("Smallest tolerance that upstream's own float32 passes; null if unknown"),
}).meta({ id: "parityFigure" });

const qualityFigure = z.strictObject({
  system: name.describe("Demixer and model, such as hpss/embedded"),
  measure: name.describe("Key of the measure, such as beatF"),
  value: z.number().describe("Mean over the tracks"),
  tracks: count.describe("Number of tracks"),
}).meta({ id: "qualityFigure" });

/**
 * Schema of {@linkcode RunReport}.
 *
 * @internal
 */
export const runSchema = z.strictObject({
  format: z.literal(1).describe("Changes whenever a field changes its meaning"),
  id: name.describe("A UUID"),
  confirms: name.exactOptional()
    .describe("Id of the run that this rerun confirms; such runs are no nightly runs of their own"),
  startedAt: time,
  finishedAt: time.nullable().describe("Null while it runs, and if it was interrupted"),
  program,
  machine,
  versions: z.record(z.string(), z.string())
    .describe("Versions of what it runs on: deno, onnxruntime-node and so on"),
  settings,
  tracks: z.array(track).describe("Analysed tracks, in the order of the call"),
  variants: z.array(variant).describe("Ways to compute, which are compared"),
  measurements: z.array(measurementSchema)
    .describe("Every measurement of a whole analysis that counts, in order"),
  benches: z.array(stageTimes).exactOptional()
    .describe("Stages that were timed by themselves; absent in a run of whole analyses"),
  parity: z.array(parityFigure).describe("Figures of parity at the same commit, or none"),
  quality: z.array(qualityFigure).describe("Figures of evaluate at the same commit, or none"),
}).meta({ id: "run" });

const stageDecision = z.strictObject({
  variant: name.describe("Name of the variant"),
  stage: name.describe("A stage, or total"),
  median: notNegative.describe("Median seconds of a pass over all tracks in this run"),
  baseline: notNegative.nullable().describe("The same of the baseline; null without one"),
  ratio: notNegative.nullable()
    .describe("This run divided by the baseline, above 1 if slower; null without a baseline"),
  pValue: probability.nullable()
    .describe("P value of a one-sided test that this run is as fast; null without a baseline"),
  minimum: notNegative.describe("Ratio less one from which on a difference counts"),
  verdict: z.enum(["same", "slower", "suspect", "unknown", "faster", "new"]).describe(
    "slower alerts; suspect is slower before a rerun has confirmed it; unknown is as much " +
      "slower, but too few rounds ran for a test",
  ),
  instructions: z.strictObject({
    median: notNegative.describe("Instructions of a pass over all tracks in this run"),
    baseline: notNegative.describe("The same of the baseline"),
  }).exactOptional().describe(
    "Present where instructions decided: ratio, pValue and verdict are then theirs, not those of seconds",
  ),
}).meta({ id: "stageDecision" });

const parityAlert = z.strictObject({
  suite: name.describe("Name of the suite"),
  piece: name.describe("Name of the piece"),
  mode: name.describe("isolated or chained"),
  seam: name.describe("Name of the seam"),
  reason: z.enum(["outside", "grown", "missing"])
    .describe("Outside of its tolerance, a much larger error, or no longer compared"),
  needs: notNegative.nullable()
    .describe("Smallest tolerance that passes in this run; null if unknown"),
  before: notNegative.nullable().describe("Median of the same in the baseline; null if unknown"),
}).meta({ id: "parityAlert" });

const qualityAlert = z.strictObject({
  system: name.describe("Demixer and model, such as hpss/embedded"),
  measure: name.describe("Key of the measure, such as beat_f"),
  value: z.number().nullable()
    .describe("Mean over the tracks in this run; null if it is no longer measured"),
  before: z.number().describe("Median of the means in the baseline"),
}).meta({ id: "qualityAlert" });

const improvement = z.strictObject({
  what: z.enum(["stage", "seam"]).describe(
    "A stage that became faster, or a seam that became more exact",
  ),
  name: name.describe("Variant and stage, or suite, piece, mode and seam"),
  factor: z.number().gt(1).describe("Time or needed tolerance before, divided by that of this run"),
}).meta({
  id: "improvement",
  description: "A large change for the better: a computation may have been skipped",
});

const environmentChange = z.strictObject({
  name: name.describe("What changed, such as deno or governor"),
  before: z.string().nullable().describe("In the newest run of the baseline; null if unknown"),
  now: z.string().nullable().describe("In this run; null if unknown"),
}).meta({ id: "environmentChange" });

const changePoint = z.strictObject({
  variant: name.describe("Name of the variant"),
  stage: name.describe("A stage, or total"),
  run: name.describe("First run after the change"),
  startedAt: time.describe("Start of that run, ISO 8601, UTC"),
  ratio: notNegative.describe("Level after the change divided by the level before it"),
  pValue: probability.describe("Probability of such a change in a history without one"),
  isAlert: z.boolean().describe("Whether it is slower, large enough, and new"),
}).meta({ id: "changePoint", description: "A lasting change in the history of a stage" });

const decision = z.strictObject({
  verdict: z.enum(["quiet", "regression"]),
  sentence: name.describe("The verdict in one sentence, with the worst finding"),
  baseline: z.strictObject({
    kind: z.enum(["previous", "rolling", "pinned", "none"]),
    runs: z.array(name).describe("Ids of the runs, newest last"),
    notComparable: count
      .describe("Number of runs of other machines, settings or tracks, which were not compared"),
  }).describe("The runs that this run was compared with"),
  stages: z.array(stageDecision).describe("Every variant and stage, in the order of the report"),
  parity: z.array(parityAlert).describe("Seams outside of their tolerance or with a larger error"),
  quality: z.array(qualityAlert).describe("Measures that fell"),
  steps: z.array(changePoint).describe("Change points of all stages, also old ones"),
  improvements: z.array(improvement).exactOptional()
    .describe("Stages and seams that became much better; absent in older decisions"),
  environment: z.array(environmentChange).exactOptional()
    .describe("Versions and settings of the machine that differ from the baseline's"),
}).meta({ id: "decision" });

/** `$id` of the schema of a report; the number is the format. */
export const REPORT_SCHEMA = "urn:tactus:report:1";

/**
 * Schema of {@linkcode ReportDocument}.
 *
 * @internal
 */
export const documentSchema = z.strictObject({
  schema: z.literal(REPORT_SCHEMA),
  run: runSchema,
  decision: decision.nullable().describe("Null for a run that was not compared"),
  format: z.literal(3).describe("Format of threads, machine and benches"),
  threads: z.int().min(1).nullable()
    .describe("Threads of every variant; null where they differ"),
  machine,
  benches: z.array(stageTimes)
    .describe(
      "The times of the run, one entry for each stage; of whole analyses sums over the tracks",
    ),
}).describe(
  "Times are seconds, memory is bytes; an unknown value is null. The number at the end of $id is " +
    "the format: it changes whenever a field changes its meaning.",
);

/**
 * Schema of the line of an exported history that chooses the pinned run.
 *
 * @internal
 */
export const pinSchema = z.strictObject({
  pinned: name.describe("Id of the run of pinned baselines"),
});

/**
 * Schema of a line of an exported history.
 *
 * @internal
 */
export const historyLineSchema = z.union([runSchema, pinSchema])
  .describe("A run, or the choice of the pinned run");

const SCHEMAS = { machine, run: runSchema, document: documentSchema };

/** @internal */
type Schemas = typeof SCHEMAS;

/** One run of `bench` or `nightly`. */
export type RunReport = JsonOf<Schemas["run"]>;

/** Version and commit of the program. */
export type ProgramVersion = RunReport["program"];

/** Properties of the machine that timings depend on. */
export type Machine = JsonOf<Schemas["machine"]>;

/** The settings of a run. Runs with other settings are not compared. */
export type RunSettings = RunReport["settings"];

/** A track of the corpus. */
export type RunTrack = RunReport["tracks"][number];

/** One way to compute: a backend, a device, and a number of threads. */
export type Variant = RunReport["variants"][number];

/** One track, analysed once from file to result. */
export type Measurement = RunReport["measurements"][number];

/** One stage of one measurement. Stages overlap, so that figures of the process count for every stage that runs. */
export type StageMeasurement = Measurement["stages"][number];

/** Hardware counts. */
export type WorkCounts = NonNullable<Measurement["work"]>;

/** The times of one stage by variant; peers are variants. */
export type StageTimes = ReportDocument["benches"][number];

/** The error of one seam against its reference. */
export type ParityFigure = RunReport["parity"][number];

/** The mean of a measure over annotated tracks. */
export type QualityFigure = RunReport["quality"][number];

/** A report as it is written to disk; `run_report.schema.json` describes it. */
export type ReportDocument = JsonOf<Schemas["document"]>;

/** The verdict of a run against earlier runs; the exit code of `nightly` follows from it. */
export type Decision = NonNullable<ReportDocument["decision"]>;

/** One stage of one variant, compared with its baseline. */
export type StageDecision = Decision["stages"][number];

/** A seam that became worse. */
export type ParityAlert = Decision["parity"][number];

/** A measure that fell. */
export type QualityAlert = Decision["quality"][number];

/** A large change for the better. */
export type Improvement = NonNullable<Decision["improvements"]>[number];

/** A difference of the environment to that of the baseline. */
export type EnvironmentChange = NonNullable<Decision["environment"]>[number];

/** A change point: a lasting change in the history of a stage. */
export type HistoryChange = Decision["steps"][number];
