/**
 * The report of a parity run: the schema of its JSON, and the types inferred from it.
 *
 * `scripts/json_schemas.ts` writes `render/parity_report.schema.json` from it.
 *
 * @module
 */

import { z } from "zod";
import type { JsonOf } from "../core/schema.ts";
import { type SeamName, SEAMS } from "../pipeline/seams.ts";

const figure = z.number().min(0).nullable().meta({
  id: "figure",
  description: "Null where there is no value, as for a missing seam",
});
const count = z.int().min(0).meta({ id: "count" });
const name = z.string().min(1).meta({ id: "name" });
const share = z.number().min(0).max(1);
/**
 * Schema of the name of a seam.
 *
 * @internal
 */
export const seamNameSchema = z.enum(Object.keys(SEAMS) as [SeamName, ...SeamName[]]).meta({
  id: "seam",
  description: "Name of a seam, as in the table of stages and seams",
});

/**
 * Schema of {@linkcode Tolerance}.
 *
 * @internal
 */
export const toleranceSchema = z.strictObject({
  absolute: z.number().min(0).describe("Allowed error of any element"),
  relative: z.number().min(0).describe("Additional allowed error, as a share of |expected|"),
  differing: share.describe("Share of the elements that may differ at all; absent for any")
    .exactOptional(),
  within: share.gt(0).describe("Share of the elements that must pass; absent for all")
    .exactOptional(),
  leastSnrDecibels: z.number().describe(
    "Least signal-to-noise ratio of the whole seam in dB, where that is judged; absent otherwise",
  ).exactOptional(),
}).meta({
  id: "tolerance",
  description: "An element passes where |actual - expected| <= absolute + relative * |expected|. " +
    "Equality is 0 and 0",
});

const ulps = z.strictObject({
  counts: z.array(count).describe(
    "Elements that are 0, 1, 2, 3 to 4, 5 to 8 and so on units apart, up to the last bin that is " +
      "not empty",
  ),
  max: z.number().min(0).describe("Largest distance; rounded beyond 2^53"),
}).meta({
  id: "ulps",
  description: "Distances of floats in units in the last place of their type",
});

const pair = z.strictObject({
  actual: z.number().describe("Of the output"),
  expected: z.number().describe("Of the reference"),
}).meta({ id: "pair", description: "A statistic of all elements" });

const statistics = z.strictObject({
  mean: pair.exactOptional(),
  rms: pair.exactOptional(),
  max: pair.describe("Largest absolute value").exactOptional(),
}).meta({ id: "statistics", description: "Statistics of all elements, not only of the sample" });

const worst = z.strictObject({
  index: z.array(count).describe("Index along each axis"),
  actual: z.number().describe("Computed value; the real part of a complex one"),
  expected: z.number().describe("Reference value; the real part of a complex one"),
  actualImaginary: z.number().describe("Imaginary part; absent for real values").exactOptional(),
  expectedImaginary: z.number().describe("Imaginary part; absent for real values").exactOptional(),
}).meta({
  id: "worst",
  description: "Element that exceeds the tolerance most, or comes closest to it",
});

/**
 * Schema of {@linkcode Comparison}.
 *
 * @internal
 */
export const comparisonSchema = z.strictObject({
  passed: z.boolean().describe("Whether presence, type, shape and every element match"),
  reason: name.describe("Reason of the failure").exactOptional(),
  elements: count.describe("Elements that were compared; 0 where type or shape differ"),
  failing: count.describe("Elements that exceed the tolerance"),
  differing: count.describe("Elements that differ at all"),
  maxAbsolute: figure.describe("Largest absolute error"),
  meanAbsolute: figure.describe("Mean absolute error"),
  rms: figure.describe("Root mean square error"),
  quantile999: figure.describe("99.9 % quantile of the absolute errors, up to 0.8 % too large"),
  maxRelative: figure.describe("Largest |error| / |expected| where the expected value is not 0"),
  smallestTolerance: figure.describe(
    "Smallest t with |actual - expected| <= t + t * |expected| for every element",
  ),
  margin: figure.describe(
    "Factor by which all errors could grow before an element fails; below 1 where one fails, null " +
      "where all errors are 0",
  ),
  ulps: ulps.nullable().describe("Null for types other than floats"),
  snrDecibels: z.number().nullable().describe(
    "Signal-to-noise ratio of the whole seam in dB, where that is judged; null where it is infinite or no number",
  ).exactOptional(),
  profile: z.array(z.number().min(0)).max(200).describe(
    "Largest absolute error in each of up to 200 equal parts of the time axis; absent where the " +
      "seam has no time axis",
  ).exactOptional(),
  worst: worst.exactOptional(),
  sampled: z.strictObject({
    of: count.describe("Elements of the whole array"),
    listed: count.describe(
      "Elements that were chosen because upstream's float32 error is largest there; all others are chosen by a hash",
    ),
    statistics: statistics.describe("Absent in older reports").exactOptional(),
  }).describe("Present where a sample of the array was compared").exactOptional(),
  decades: z.array(z.strictObject({ exponent: z.int(), count })).describe(
    "Histogram of the absolute errors other than 0: elements with an error from 10^exponent up to 10^(exponent + 1), " +
      "in ascending order. Edges are 0.8 % wide",
  ).exactOptional(),
}).meta({ id: "comparison", description: "Difference between two tensors" });

/** Schema of the error of upstream's own float32 run. */
export const upstreamErrorSchema = z.strictObject({
  maxAbs: z.number().min(0).describe("Largest absolute error"),
  maxRel: z.number().min(0).describe("Largest relative error"),
  minTolerance: z.number().min(0).describe("Smallest tolerance that passes"),
  differing: share.describe("Share of the elements that differ, for 16-bit samples")
    .exactOptional(),
  snrDecibels: z.number().describe(
    "Signal-to-noise ratio in dB of a run of upstream with products in bfloat16; the other figures are then of that run",
  ).exactOptional(),
}).meta({
  id: "upstreamFloat32",
  description: "Error of upstream's own float32 run against the same reference",
});

const mode = z.enum(["isolated", "chained"]).describe(
  "Isolated feeds each stage the references of its inputs, chained the output of the stage before",
);

const verdict = z.enum(["pass", "fail", "reported"]).describe(
  "Reported: a float seam in chained mode misses the tolerance because the stage before it differs " +
    "from its own reference within tolerance",
);

const picture = z.strictObject({
  rowAxis: z.string().nullable().describe("Vertical axis; null where there is only time"),
  columnAxis: name.describe("Horizontal axis"),
  cells: z.array(z.array(figure)).describe(
    "Largest error of each cell, row by row from the lowest index; null where no element is stored",
  ),
}).meta({ id: "picture", description: "Heat map of the errors over time and frequency" });

const result = z.strictObject({
  suite: name,
  piece: name,
  mode,
  stage: name,
  seam: name,
  verdict,
  tolerance: toleranceSchema,
  comparison: comparisonSchema,
  upstreamFloat32: upstreamErrorSchema.nullable(),
  durationSeconds: figure.describe("Run time of the stage"),
  picture: picture.describe("Errors over time; only where the seam fails and has a time axis")
    .exactOptional(),
}).meta({ id: "result", description: "One seam of one piece in one mode" });

const growth = z.strictObject({
  piece: name,
  stage: name,
  seam: name,
  from: name.describe("Input of the seam that needs the largest tolerance"),
  inputNeeds: z.number().min(0).describe("Smallest tolerance that `from` passes at"),
  outputNeeds: z.number().min(0).describe("Smallest tolerance that `seam` passes at"),
  factor: figure.describe("outputNeeds / inputNeeds; null where the input is exact"),
}).meta({ id: "growth", description: "Growth of the error through one stage, in chained mode" });

const firstFailure = z.strictObject({
  piece: name,
  mode,
  stage: name,
  seams: z.array(name).describe("Seams of the stage that fail"),
}).meta({
  id: "firstFailure",
  description: "First stage that fails while all of its inputs that were judged pass",
});

const suite = z.strictObject({
  suite: name.describe("Name of the suite; of a described pipeline that of the implementation"),
  implementation: name.nullable().describe(
    "Name of the implementation, such as native; null in reports of format 1",
  ),
  model: name.describe("Name of the weights in the registry; absent of other pipelines")
    .exactOptional(),
  notRun: name.describe("Reason why the suite did not run; absent where it ran").exactOptional(),
  results: z.array(result),
  growth: z.array(growth),
  first: z.array(firstFailure).describe("First failing stage of each piece and mode"),
}).meta({ id: "suite" });

const turn = z.strictObject({
  round: count.describe("From 0 on"),
  implementation: name,
  piece: name,
  mode,
}).meta({ id: "turn", description: "One run of an implementation" });

const stageTime = z.strictObject({
  implementation: name,
  piece: name,
  mode,
  stage: name.describe("A stage, or total for the whole process"),
  audioSeconds: z.number().gt(0).nullable().describe("Length of the input; null where unknown"),
  seconds: z.array(z.number().min(0)).describe("Seconds of each round, in order"),
  cpuSeconds: z.array(z.number().min(0)).describe(
    "User and system time of each round; absent where unknown, as of a stage",
  ).exactOptional(),
  peakBytes: count.describe("Highest resident memory of all rounds; absent where unknown")
    .exactOptional(),
  work: z.array(z.strictObject({
    instructions: z.number().min(0),
    cycles: z.number().min(0),
    cacheMisses: z.number().min(0).describe("Accesses that missed the last level of cache"),
  })).describe(
    "Hardware counts of each round in user mode, of the process and all that it started; absent without counters, and " +
      "of a stage",
  ).exactOptional(),
}).meta({ id: "stageTime", description: "Times of one stage, or of the whole process" });

const timings = z.strictObject({
  seed: count.describe("Seed of the order"),
  rounds: z.int().min(1),
  order: z.array(turn).describe("Runs, in the order in which they were made"),
  stages: z.array(stageTime),
  noWork: name.describe("Reason why there are no hardware counts; absent where there are")
    .exactOptional(),
}).meta({ id: "timings", description: "Times of implementations that ran as processes" });

const innerSeam = z.strictObject({
  seam: name,
  inputs: z.array(name).describe("Inner seams that this one is computed from"),
  shape: z.array(count),
  verdict: z.enum(["pass", "fail"]),
  elements: count.describe("Elements that were compared"),
  failing: count.describe("Elements that exceed the tolerance"),
  needs: figure.describe("Smallest tolerance that passes"),
  allowed: z.number().min(0).describe("Tolerance"),
  reason: name.describe("Reason of a failure that no compared element shows").exactOptional(),
  worst: worst.exactOptional(),
  statistics: statistics.describe("Where a sample was compared; absent in older reports")
    .exactOptional(),
}).meta({
  id: "innerSeam",
  description: "Comparison of one step: an inner seam, or a seam that the stage makes",
});

const finding = innerSeam.extend({ picture: picture.exactOptional() }).meta({
  id: "finding",
  description: "First inner seam that fails while all of its inputs pass",
});

const walk = z.strictObject({
  stage: name,
  subject: name.describe("Input and weights of the walk"),
  steps: z.array(innerSeam).describe(
    "Every inner seam, then the seams that the stage makes, in the order of the data",
  ),
  first: finding.nullable(),
  of: z.strictObject({ suite: name, piece: name, mode }).describe(
    "Run that the walk belongs to; absent of this program's pipeline, where a walk has its own input",
  ).exactOptional(),
}).meta({ id: "walk", description: "Comparison of all steps of a stage" });

const made = z.strictObject({
  program: name.describe("Name and version"),
  commit: z.string().nullable().describe("Commit of the program; null where it is no clone"),
  machine: name.describe("Processor, cores and system"),
  versions: z.record(z.string(), z.string()).describe("Versions of what the program runs on"),
}).meta({ id: "madeBy", description: "Program and machine that made the report" });

/**
 * Schema of the report, as `deno task parity --export-json` and `deno task harness run --export-json` write it. Format 1
 * had no pipeline, implementations, first failures and timings.
 */
export const parityReportSchema = z.strictObject({
  format: z.literal(2).describe("Changes whenever a field changes its meaning"),
  pipeline: name.describe("Name of the pipeline; tactus for that of this program"),
  upstream: z.record(z.string(), z.string()).describe(
    "Versions of the programs that computed the references",
  ),
  suites: z.array(suite).describe("Suites, in the order in which they ran"),
  walks: z.array(walk).describe("A walk through each failed stage; absent without --walk")
    .exactOptional(),
  unwalked: z.array(name).describe(
    "Failed stages that could not be walked through, with the reason; absent for none",
  ).exactOptional(),
  timings: timings.describe("Absent where no process was timed").exactOptional(),
  madeBy: made.exactOptional().describe("Absent in older reports"),
});

/**
 * Schema of a suite in reports of format 1.
 *
 * @internal
 */
export const suiteFormat1Schema = suite.omit({ implementation: true, first: true });

const SCHEMAS = {
  tolerance: toleranceSchema,
  ulps,
  comparison: comparisonSchema,
  upstreamError: upstreamErrorSchema,
  mode,
  result,
  growth,
  firstFailure,
  suite,
  timings,
  innerSeam,
  picture,
  finding,
  walk,
  made,
  report: parityReportSchema,
};

/** @internal */
type Schemas = typeof SCHEMAS;

/** Allowed error of an element: |actual − expected| ≤ absolute + relative · |expected|. */
export type Tolerance = JsonOf<Schemas["tolerance"]>;

/** Histogram of distances in units in the last place, in bins of doubling width. */
export type UlpHistogram = JsonOf<Schemas["ulps"]>;

/** Difference between two tensors. */
export type Comparison = JsonOf<Schemas["comparison"]>;

/** Error of upstream's own float32 arithmetic against the same reference. */
export type UpstreamError = JsonOf<Schemas["upstreamError"]>;

/** Input of each stage: the references, or the output of the stage before. */
export type Mode = JsonOf<Schemas["mode"]>;

/** One seam of one piece in one mode. */
export type SeamResult = JsonOf<Schemas["result"]>;

/** Growth of the error through one stage, in chained mode. */
export type SeamGrowth = JsonOf<Schemas["growth"]>;

/** First stage that fails in one piece and mode. */
export type FirstFailure = JsonOf<Schemas["firstFailure"]>;

/** Times of implementations that ran as processes. */
export type Timings = JsonOf<Schemas["timings"]>;

/** Times of one stage, or of the whole process. */
export type StageTime = Timings["stages"][number];

/** A suite that ran, or the reason why it did not. */
export type SuiteReport = JsonOf<Schemas["suite"]>;

/** Comparison of one inner seam. */
export type InnerSeamResult = JsonOf<Schemas["innerSeam"]>;

/** Heat map of errors over time and frequency. */
export type Picture = JsonOf<Schemas["picture"]>;

/** First inner seam that fails while all of its inputs pass. */
export type WalkFinding = JsonOf<Schemas["finding"]>;

/** Comparison of all inner seams of a stage. */
export type Walk = JsonOf<Schemas["walk"]>;

/** Program and machine that made a report. */
export type MadeBy = JsonOf<Schemas["made"]>;

/** Results of one parity run. */
export type ParityReport = JsonOf<Schemas["report"]>;

/** Returns whether no element of any seam was compared, and none failed: such a report proves nothing. */
export function comparedNothing({ suites }: Pick<ParityReport, "suites">): boolean {
  return suites.every(({ results }) =>
    results.every(({ verdict, comparison }) => verdict !== "fail" && comparison.elements === 0)
  );
}

/** Returns whether no seam failed. */
export function passed({ suites }: ParityReport): boolean {
  return suites.every(({ results }) => results.every(({ verdict }) => verdict !== "fail"));
}
