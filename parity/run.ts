/**
 * A parity run: suites of stored references, then a walk through each stage that failed.
 *
 * @module
 */

import { UsageError } from "../core/usage_error.ts";
import { KernelError } from "../kernels/mod.ts";
import { ModelError } from "../models/model_error.ts";
import { madeBy } from "./made_by.ts";
import type { LoadOptions } from "../models/models_folder.ts";
import { loadModel } from "../models/registry.ts";
import { backendOf, type ComputeOptions } from "../pipeline/backends/backend.ts";
import { loadDemixer } from "../pipeline/backends/demixers.ts";
import { type NetworkModel, networkModel } from "../pipeline/network.ts";
import { STAGES } from "../pipeline/stages.ts";
import { firstFailures } from "./first_failures.ts";
import { errorGrowth } from "./_growth.ts";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { type Manifest, readManifest, type SuiteEntry } from "./manifest.ts";
import { OWN_PIPELINE } from "./own_pipeline.ts";
import { ReferenceError } from "./reference_error.ts";
import type { Mode, ParityReport, SuiteReport, Walk } from "./report.ts";
import { runSuite, stagesOf } from "./_suite.ts";
import { BF16_NAMES, runBf16Suite, whyNoBf16 } from "./bf16_suite.ts";
import { BF16_SUITE, MODES, SUITES } from "./suites.ts";
import { judgeInner, walkStage } from "./walk_stages.ts";

/** Suites, stages and modes to run, and the compute options. */
export interface ParityRunOptions extends LoadOptions {
  /** Folder with the manifest and the references; by default the repository's. */
  readonly directory?: string;
  /** Names of the suites, each of which must be able to run; absent for all that can run. */
  readonly suites?: readonly string[];
  /** Names of the stages; absent for all. */
  readonly stages?: readonly string[];
  /** Modes, one after the other; absent for all. */
  readonly modes?: readonly Mode[];
  /** Whether to walk through each stage that failed. */
  readonly walk?: boolean;
  /** Backend and threads of the networks. */
  readonly compute?: ComputeOptions;
  /** Receives a description of each stage before it runs. */
  readonly onStage?: (description: string) => void;
}

/** The report of a run, and the reasons of the walks that failed. */
export interface ParityRun {
  /** Results of all suites and walks. */
  readonly report: ParityReport;
  /** One line for each failed stage that could not be walked through, with the reason. */
  readonly unwalked: readonly string[];
}

/**
 * Runs suites of parity.
 *
 * @param options what to run and how
 * @throws {ReferenceError} if a stored reference differs from the manifest
 * @throws {UsageError | ModelError} if a named suite cannot run, or weights are damaged
 */
export async function runParity(options: ParityRunOptions): Promise<ParityRun> {
  const manifest = await readManifest(options.directory);
  const names = options.suites ?? SUITES;
  for (const name of names.filter((name) => name !== BF16_SUITE)) {
    if (manifest.suites[name] === undefined) {
      throw new ReferenceError(`The manifest of references has no suite ${name}`);
    }
  }
  const suites: SuiteReport[] = [];
  for (const name of names) {
    suites.push(
      name === BF16_SUITE
        ? await runBf16(manifest, options)
        : await runOne(name, manifest.suites[name] as SuiteEntry, manifest, options),
    );
  }
  const { name: pipeline } = OWN_PIPELINE;
  const report = {
    ...{ format: 2 as const, pipeline, upstream: manifest.versions, suites },
    madeBy: await madeBy(),
  };
  if (!options.walk) return { report, unwalked: [] };
  const { walks, unwalked } = await walkFailed(suites, manifest, options);
  return { report: { ...report, walks }, unwalked };
}

const NO_RESULTS = { results: [], growth: [], first: [] } as const;

/** Runs the suite of products in bfloat16. Where it cannot run and was not named, the report gives the reason. */
async function runBf16(manifest: Manifest, options: ParityRunOptions): Promise<SuiteReport> {
  const { stages, directory = FIXTURES_FOLDER, compute } = options;
  const isNamed = options.suites !== undefined;
  const notRun = whyNoBf16(stages, compute, isNamed);
  if (notRun !== undefined) {
    if (isNamed) throw new UsageError(`--suite ${BF16_SUITE}: ${notRun}`);
    return { ...BF16_NAMES, notRun, ...NO_RESULTS };
  }
  options.onStage?.(`${BF16_SUITE}: demix`);
  return await runBf16Suite(manifest, {
    directory,
    loadDemixer: (name) => loadDemixer(name, { compute: { ...compute, precision: "bf16" } }),
  });
}

/** Runs one suite. Where it cannot run and was not named, the report gives the reason. */
async function runOne(
  name: string,
  suite: SuiteEntry,
  manifest: Manifest,
  options: ParityRunOptions,
): Promise<SuiteReport> {
  const { stages, modes = MODES, directory = FIXTURES_FOLDER, compute } = options;
  const isNamed = options.suites !== undefined;
  const named = { suite: name, implementation: backendOf(compute), model: suite.model };
  if (stagesOf(suite, stages).length === 0) {
    const notRun = `it has no references of ${stages?.join(", ")}`;
    if (isNamed) throw new UsageError(`--suite ${name}: ${notRun}`);
    return { ...named, notRun, ...NO_RESULTS };
  }
  let model: NetworkModel | undefined;
  try {
    if (suite.pieces !== undefined) {
      model = networkModel(suite.model, await loadModel(suite.model, options));
    }
  } catch (error) {
    // Only missing weights are skipped; damaged weights are an error.
    const isMissing = error instanceof ModelError && error.problem === "not-found";
    if (isNamed || !isMissing) throw error;
    return { ...named, notRun: error.message, ...NO_RESULTS };
  }
  const context = {
    // Without pieces, no stage asks for it.
    model: model === undefined ? new Promise<NetworkModel>(() => {}) : Promise.resolve(model),
    ...{ embeddings: true, ...(compute && { compute }) },
  };
  const results = await runSuite(name, suite, manifest, context, {
    ...{ directory, modes, ...(stages && { stages }) },
    loadDemixer: (demixer) => loadDemixer(demixer, { ...(compute && { compute }) }),
    onStage: (description) => options.onStage?.(description),
  });
  if (modes.includes("isolated")) {
    const judged = stagesOf(suite, stages).map((stage) => stage.name);
    const walking = { directory, ...(compute && { compute }) };
    results.push(...await judgeInner(name, judged, manifest, walking));
  }
  return {
    ...{ ...named, results, growth: errorGrowth(results, OWN_PIPELINE) },
    first: firstFailures(results, OWN_PIPELINE),
  };
}

async function walkFailed(
  suites: readonly SuiteReport[],
  manifest: Manifest,
  options: ParityRunOptions,
): Promise<{ walks: Walk[]; unwalked: string[] }> {
  const { directory = FIXTURES_FOLDER, compute } = options;
  const walks: Walk[] = [];
  const unwalked: string[] = [];
  for (const stage of failedStages(suites)) {
    options.onStage?.(`walking through ${stage}`);
    if (backendOf(compute) === "onnx" && stage === "network") {
      unwalked.push("network: only the native kernels can be walked through");
      continue;
    }
    try {
      const walk = await walkStage(stage, manifest, { directory, ...(compute && { compute }) });
      if (walk === null) unwalked.push(`${stage}: no inner seams are stored`);
      else walks.push(walk);
    } catch (error) {
      const isExpected = [ReferenceError, KernelError, ModelError]
        .some((kind) => error instanceof kind);
      if (!isExpected) throw error;
      // The results of the suites are reported all the same.
      unwalked.push(`${stage}: the walk failed: ${(error as Error).message}`);
    }
  }
  return { walks, unwalked };
}

/** Returns the names of the stages with a failed seam, in the order of the data. */
function failedStages(suites: readonly SuiteReport[]): string[] {
  // The walk is in single precision.
  const failed = suites.filter(({ suite }) => suite !== BF16_SUITE).flatMap(({ results }) =>
    results
  )
    .filter(({ verdict }) => verdict === "fail").map(({ stage }) => stage);
  return STAGES.map(({ name }) => name).filter((name) => failed.includes(name));
}
