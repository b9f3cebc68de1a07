/**
 * Runs the implementations of a described pipeline in rounds of random order, and compares all seams.
 *
 * @module
 */

import { rmSync } from "node:fs";
import { cp, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { CounterRandom } from "../core/counter_random.ts";
import { interruptible } from "../core/interruption.ts";
import { CALL } from "../core/program.ts";
import { withScratchFolder } from "../core/scratch_folder.ts";
import { UsageError } from "../core/usage_error.ts";
import {
  comparedNothing,
  firstFailures,
  madeBy,
  type Mode,
  MODES,
  type ParityReport,
  type Piece,
  refused,
  ruleOf,
  runTurn,
  type SeamResult,
  type StageOutline,
  type SuiteReport,
  type Timings,
  unreferenced,
  type Walk,
} from "../parity/mod.ts";
import { checkReferences } from "./_check_references.ts";
import { type DescribedFile, ensureKnown } from "./described_file.ts";
import { folderFrom, type Input } from "./inputs.ts";
import { liveReferences } from "./makers.ts";
import { DescribedImplementation, type MeasuredRun } from "./process_implementation.ts";
import { readReferences, type References } from "./reference_folder.ts";
import { timesOf } from "./_times.ts";
import { hardwareCounter, type WorkCounter } from "./_work_counter.ts";

/** No seam could be compared, which must not pass for a success. */
export class NothingComparedError extends UsageError {
  /** Class name, as in a stack trace. */
  override name = "NothingComparedError";
}

/** What is run of a file, and how. */
export interface DescribedRunOptions {
  /** Names of implementations, each of which must be able to run; absent for all that can. */
  readonly implementations?: readonly string[];
  /** Names of inputs; absent for all. */
  readonly inputs?: readonly string[];
  /** Modes; absent for all. */
  readonly modes?: readonly Mode[];
  /** Rounds; absent for that of the file, or one. */
  readonly rounds?: number;
  /** Seed of the order. */
  readonly seed: number;
  /** Folder for the seams of the first round, as `IMPLEMENTATION/MODE/INPUT/SEAM.npy`; absent to keep none. */
  readonly keep?: string;
  /** Counts hardware events of each run; by default those of this machine. */
  readonly counter?: WorkCounter;
  /** Receives a description of each run before it begins. */
  readonly onTurn?: (description: string) => void;
  /** Receives the times of each run that succeeded. */
  readonly onMeasured?: (implementation: string, round: number, run: MeasuredRun) => void;
  /** Returns whether a run was made before and is left out; absent to run all. */
  readonly isDone?: (implementation: string, round: number, input: string) => boolean;
}

/**
 * Runs the implementations and compares what they compute with the references.
 *
 * @param described the file
 * @param options what to run and how
 * @returns the report; its suites are the implementations
 * @throws {ReferenceError} if a reference is missing or damaged
 * @throws {UsageError} if a named implementation or input does not exist or cannot run, or nothing could be compared
 */
export async function runDescribed(
  described: DescribedFile,
  options: DescribedRunOptions,
): Promise<ParityReport> {
  return await withScratchFolder(
    "tactus_harness_",
    (scratch) => new Run(described, options, scratch).report(),
  );
}

/** One run of an implementation on an input. */
interface PlannedTurn {
  readonly round: number;
  readonly implementation: DescribedImplementation;
  readonly piece: Piece;
  readonly mode: Mode;
}

class Run {
  readonly #described: DescribedFile;
  readonly #options: DescribedRunOptions;
  readonly #scratch: string;
  readonly #modes: readonly Mode[];
  readonly #rounds: number;
  readonly #measured: { name: string; round: number; run: MeasuredRun }[] = [];
  /** First walk of each implementation, input, mode and stage. */
  readonly #walks = new Map<string, Walk>();
  /** Round that runs. */
  #round = 0;

  constructor(described: DescribedFile, options: DescribedRunOptions, scratch: string) {
    this.#described = described;
    this.#options = options;
    this.#scratch = scratch;
    this.#modes = options.modes ?? MODES;
    this.#rounds = options.rounds ?? described.file.rounds ?? 1;
  }

  async report(): Promise<ParityReport> {
    const { file, pipeline } = this.#described;
    const inputs = this.#inputs();
    const counter = this.#options.counter ?? await hardwareCounter();
    const named = this.#options.implementations;
    for (const name of named ?? []) {
      ensureKnown("implementation", name, Object.keys(file.implementations));
    }
    const ready: DescribedImplementation[] = [];
    const notRun = new Map<string, string>();
    for (const name of named ?? Object.keys(file.implementations)) {
      const implementation = this.#implementation(name, inputs, counter);
      const reason = await implementation.prepare();
      if (reason === undefined) ready.push(implementation);
      else if (named === undefined) notRun.set(name, reason);
      else throw new UsageError(`The implementation ${name} cannot run: ${reason}`);
    }
    const references = await this.#references(inputs);
    const isLive = file.reference.folder === undefined;
    if (!ready.some(({ name }) => !isLive || name !== file.reference.implementation)) {
      const reasons = Array.from(notRun, ([name, reason]) => `\n  ${name}: ${reason}`).join("");
      throw new NothingComparedError(
        `Nothing can be compared: no implementation can run${reasons}`,
      );
    }
    const turns = this.#turns(ready, inputs, references);
    const results = new Map(ready.map(({ name }) => [name, new Map<string, SeamResult>()]));
    for (const turn of turns) {
      const own = results.get(turn.implementation.name)!;
      for (const result of await this.#turn(turn)) keepWorst(own, result);
    }
    const names = inputs.map(({ name }) => name);
    const known = new Map(
      Array.from(references.inputs, ([name, seams]) => [name, new Set(seams.keys())]),
    );
    const suites = (named ?? Object.keys(file.implementations)).map((name): SuiteReport => {
      const suite = { suite: name, implementation: name, growth: [] };
      const reason = notRun.get(name);
      if (reason !== undefined) return { ...suite, notRun: reason, results: [], first: [] };
      const implementation = ready.find((one) => one.name === name)!;
      const { stages } = implementation;
      const missing = unreferenced(pipeline, name, known, names, this.#modes, stages);
      const all = inOrder(
        [...results.get(name)!.values(), ...missing, ...this.#unjudged(implementation, references)],
        names,
        stages,
      );
      if (all.length === 0) {
        const notRun = `none of its stages can run in the mode ${this.#modes.join(", ")}`;
        return { ...suite, notRun, results: [], first: [] };
      }
      return { ...suite, results: all, first: firstFailures(all, pipeline) };
    });
    if (suites.every(({ results }) => results.length === 0)) {
      throw new NothingComparedError(
        `Nothing was compared: no implementation has a stage that can run in the mode ${this.#modes}`,
      );
    }
    if (comparedNothing({ suites })) {
      throw new NothingComparedError(
        "Nothing was compared: all seams are empty, so that every implementation would pass; name other inputs",
      );
    }
    return {
      ...{ format: 2, pipeline: pipeline.name, upstream: references.versions, suites },
      ...this.#walksOf(suites),
      madeBy: await madeBy(),
      timings: this.#timings(turns, inputs),
    };
  }

  /**
   * Returns the walks through the first failing stage of each run; not again in chained mode where isolated mode has the
   * same, and the reasons where there is none although the stage has inner seams.
   */
  #walksOf(suites: readonly SuiteReport[]): Pick<ParityReport, "walks" | "unwalked"> {
    const walks: Walk[] = [];
    const unwalked: string[] = [];
    for (const { suite, first, results } of suites) {
      for (const { piece, mode, stage, seams } of first) {
        const isKnown = walks.some(({ stage: other, of }) =>
          other === stage && of?.suite === suite && of.piece === piece
        );
        const walk = this.#walks.get(keyOf(suite, piece, mode, stage));
        if (isKnown) continue;
        if (walk !== undefined) walks.push(walk);
        const { inner = [] } = this.#described.pipeline.stages.find(({ name }) => name === stage)!;
        const isCompared = results.some((result) =>
          result.piece === piece && result.mode === mode && seams.includes(result.seam) &&
          result.comparison.elements > 0
        );
        if (walk !== undefined || inner.length === 0 || !isCompared) continue;
        unwalked.push(
          `${suite}, ${piece}, ${mode}: ${stage}: it wrote none of the inner seams ${
            inner.join(", ")
          }`,
        );
      }
    }
    return { ...(walks.length > 0 && { walks }), ...(unwalked.length > 0 && { unwalked }) };
  }

  #inputs(): readonly Input[] {
    const { inputs } = this.#described;
    const { inputs: named } = this.#options;
    for (const name of named ?? []) ensureKnown("input", name, inputs.map((input) => input.name));
    return inputs.filter(({ name }) => named === undefined || named.includes(name));
  }

  #implementation(
    name: string,
    inputs: readonly Input[],
    counter: WorkCounter,
  ): DescribedImplementation {
    const { file, folder } = this.#described;
    const { keep } = this.#options;
    return new DescribedImplementation(file, name, {
      ...{ folder, modes: this.#modes, scratch: join(this.#scratch, "turn"), counter },
      inputs: new Map(inputs.map((input) => [input.name, input])),
      onMeasured: (run) => {
        this.#measured.push({ name, round: this.#round, run });
        this.#options.onMeasured?.(name, this.#round, run);
      },
      onSeams: async (input, mode, outputs) => {
        if (keep === undefined || this.#round > 0) return;
        await copyWhole(outputs, join(keep, name, mode, input));
      },
    });
  }

  /** Reads the stored references, or runs the implementation that makes them. */
  async #references(inputs: readonly Input[]): Promise<References> {
    const { file, folder, path, pipeline } = this.#described;
    const { reference } = file;
    const remedy = `run ${CALL} harness record ${basename(path)} again`;
    const references = reference.folder !== undefined
      ? await readReferences(folderFrom(folder, reference.folder), inputs, remedy)
      : await liveReferences(this.#described, inputs, this.#scratch, this.#options.onTurn);
    const isStored = reference.folder !== undefined;
    await checkReferences(
      pipeline,
      references,
      isStored ? remedy : "correct the program that makes it",
    );
    return references;
  }

  /** Returns all runs: each round has every implementation, input and mode once, in a new random order. */
  #turns(
    implementations: readonly DescribedImplementation[],
    inputs: readonly Input[],
    references: References,
  ): PlannedTurn[] {
    const planned: PlannedTurn[] = [];
    for (let round = 0; round < this.#rounds; round++) {
      const turns = implementations.flatMap((implementation) =>
        inputs.flatMap(({ name }) => {
          const piece: Piece = {
            ...{ suite: implementation.name, name, given: {} },
            references: references.inputs.get(name) ?? new Map(),
          };
          return this.#modes.filter((mode) => implementation.stagesIn(mode, piece).length > 0)
            .map((mode) => ({ round, implementation, piece, mode }));
        })
      );
      const random = new CounterRandom(`${this.#options.seed}/${round}`);
      for (let at = turns.length - 1; at > 0; at--) {
        const other = random.below(at + 1);
        [turns[at], turns[other]] = [turns[other]!, turns[at]!];
      }
      planned.push(...turns);
    }
    return planned;
  }

  async #turn({ round, implementation, piece, mode }: PlannedTurn): Promise<SeamResult[]> {
    const { isDone, onTurn } = this.#options;
    if (isDone?.(implementation.name, round, piece.name)) return [];
    this.#round = round;
    return await runTurn(this.#described.pipeline, implementation, {
      ...{ piece, mode, stages: implementation.stagesIn(mode, piece) },
      onStage: (text) => onTurn?.(`round ${round + 1} of ${this.#rounds}: ${text}`),
      onWalk: (walk) => {
        const key = keyOf(implementation.name, piece.name, mode, walk.stage);
        if (!this.#walks.has(key)) this.#walks.set(key, walk);
      },
    });
  }

  /**
   * Returns a failure for each seam that no mode could judge: the inputs of its stage are not stored whole, and the
   * implementation does not compute them. Where the user chose one mode, the other one's stages are left out.
   */
  #unjudged(implementation: DescribedImplementation, references: References): SeamResult[] {
    if (this.#modes.length < MODES.length) return [];
    const { pipeline } = this.#described;
    const { name: suite, stages } = implementation;
    return [...references.inputs].flatMap(([name, seams]) => {
      const piece: Piece = { suite, name, references: seams, given: {} };
      const judged = this.#modes.flatMap((mode) => implementation.stagesIn(mode, piece));
      return stages.filter((stage) => !judged.includes(stage)).flatMap((stage) =>
        stage.outputs.filter((seam) => seams.has(seam)).map((seam): SeamResult => ({
          ...{ suite, piece: name, mode: "isolated", stage: stage.name, seam, verdict: "fail" },
          tolerance: ruleOf(pipeline, seam).tolerance,
          comparison: refused(
            "the stage cannot run: its inputs are not stored whole, and none of the " +
              "implementation's stages makes them",
          ),
          ...{ upstreamFloat32: null, durationSeconds: null },
        }))
      );
    });
  }

  #timings(turns: readonly PlannedTurn[], inputs: readonly Input[]): Timings {
    const noWork = this.#measured.find(({ run }) => run.process.noWork !== undefined)?.run.process
      .noWork;
    return {
      ...(noWork !== undefined && { noWork }),
      ...{ seed: this.#options.seed, rounds: this.#rounds },
      order: turns.map(({ round, implementation, piece, mode }) => ({
        ...{ round, implementation: implementation.name, piece: piece.name, mode },
      })),
      stages: timesOf(this.#measured, inputs, Object.keys(this.#described.file.implementations)),
    };
  }
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/** Copies a folder, which replaces another one only when all of it is copied. */
async function copyWhole(from: string, to: string): Promise<void> {
  const unfinished = join(dirname(to), `.${basename(to)}.${process.pid}.unfinished`);
  const remove = (): void => rmSync(unfinished, { recursive: true, force: true });
  await interruptible(remove, async () => {
    try {
      await cp(from, unfinished, { recursive: true });
      await rm(to, { recursive: true, force: true });
      await rename(unfinished, to);
    } finally {
      remove();
    }
  });
}

const RANK = { pass: 0, reported: 1, fail: 2 } as const;

/** Keeps the worst of the results that one seam had in several rounds. */
function keepWorst(results: Map<string, SeamResult>, result: SeamResult): void {
  const { piece, mode, seam } = result;
  const key = JSON.stringify([piece, mode, seam]);
  const before = results.get(key);
  if (before === undefined || badness(result) > badness(before)) results.set(key, result);
}

/** Returns a number that grows with the verdict, then with the tolerance that is needed. */
function badness({ verdict, comparison: { smallestTolerance } }: SeamResult): number {
  const needs = smallestTolerance === null ? 1 : smallestTolerance / (1 + smallestTolerance);
  return 2 * RANK[verdict] + needs;
}

/** Sorts results by input, mode and the order of the data. */
function inOrder(
  results: readonly SeamResult[],
  inputs: readonly string[],
  stages: readonly StageOutline[],
): SeamResult[] {
  const seams = stages.flatMap(({ inner = [], outputs }) => [...inner, ...outputs]);
  const rank = ({ piece, mode, seam }: SeamResult): readonly number[] => [
    ...[inputs.indexOf(piece), MODES.indexOf(mode), seams.indexOf(seam)],
  ];
  return results.toSorted((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    const at = left.findIndex((value, place) => value !== right[place]);
    return at < 0 ? 0 : left[at]! - right[at]!;
  });
}
