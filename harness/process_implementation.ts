/**
 * Implementations of a described pipeline: programs that run as processes, and folders that were recorded elsewhere.
 *
 * A program reads each seam that a stage needs from the folder `{seams}` where it has a file of it, and otherwise takes
 * what it computed itself. One process thus runs all stages in isolated mode, where `{seams}` has the references, and in
 * chained mode, where it is empty.
 *
 * @module
 */

import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ArrayError } from "../core/array_error.ts";
import { reasonOf } from "../core/reason.ts";
import { recordedArrays } from "../core/recorded_arrays.ts";
import type {
  Implementation,
  Mode,
  Piece,
  Reference,
  SeamArray,
  StageOutcome,
  StageOutline,
  Turn,
} from "../parity/mod.ts";
import { readTimings, type TimedRun, TimingsFileError } from "../reports/mod.ts";
import { folderFrom, type Input } from "./inputs.ts";
import type { ImplementationEntry, ParityFile } from "./parity_file.ts";
import { type ProcessOutcome, runProcess } from "./process.ts";
import { startsFromSeams } from "./read_parity_file.ts";
import { storeArray } from "./_store_array.ts";
import type { WorkCounter } from "./_work_counter.ts";

/** Name of the file of timings that a program may write to `{out}`, as `--timings-path` of this program. */
export const TIMINGS_FILE = "timings.jsonl";

/** Name of the file of versions that a program may write to `{out}`: names and versions as JSON. */
export const VERSIONS_FILE = "versions.json";

const TIMEOUT_SECONDS = 600;

/** Times of one run of a program. */
export interface MeasuredRun {
  /** Name of the input. */
  readonly input: string;
  /** Mode of the run. */
  readonly mode: Mode;
  /** The whole process. */
  readonly process: ProcessOutcome;
  /** Spans of the stages on the clock of the process; empty where it wrote no timings. */
  readonly stages: TimedRun["records"];
}

/** Where and how a described implementation runs. */
export interface DescribedOptions {
  /** Folder of `parity.toml`. */
  readonly folder: string;
  /** Inputs by name. */
  readonly inputs: ReadonlyMap<string, Input>;
  /** Modes that are run, one after the other. */
  readonly modes: readonly Mode[];
  /** Folder for seams, of which nothing is kept. */
  readonly scratch: string;
  /** Counts hardware events of each run; absent for none. */
  readonly counter?: WorkCounter;
  /** Receives the times of each run. */
  readonly onMeasured?: (run: MeasuredRun) => void;
  /** Receives the folder with the seams of each run before it is removed. */
  readonly onSeams?: (input: string, mode: Mode, folder: string) => Promise<void>;
}

/** An implementation of a described pipeline. */
export class DescribedImplementation implements Implementation {
  readonly name: string;
  /** Stages that it has, in the order of the data. */
  readonly stages: readonly StageOutline[];
  readonly #entry: ImplementationEntry;
  readonly #options: DescribedOptions;

  /**
   * Refers to an entry of the file.
   *
   * @param file the file
   * @param name name of the implementation
   * @param options where and how it runs
   */
  constructor(file: ParityFile, name: string, options: DescribedOptions) {
    this.name = name;
    this.#entry = file.implementations[name]!;
    this.#options = options;
    const { stages: own } = this.#entry;
    this.stages = file.stages.filter((stage) => own === undefined || own.includes(stage.name));
  }

  /** Program and arguments, with placeholders; empty of a recorded folder. */
  get command(): readonly string[] {
    return this.#entry.command ?? [];
  }

  /**
   * Prepares the implementation: runs its setup, or looks for its folder.
   *
   * @returns why it cannot run; undefined where it can
   */
  async prepare(): Promise<string | undefined> {
    const { setup, command, recorded } = this.#entry;
    const { folder } = this.#options;
    if (recorded !== undefined) {
      const path = folderFrom(folder, recorded);
      const exists = await stat(path).then((found) => found.isDirectory(), () => false);
      return exists ? undefined : `there is no folder ${path}`;
    }
    if (setup !== undefined) {
      const { failure } = await this.#process(setup, {});
      if (failure !== undefined) return `its setup failed: ${failure.split("\n").at(-1)}`;
    }
    const [program = ""] = this.#filled(command!, {});
    if (!/[/\\]/.test(program)) return undefined;
    const path = folderFrom(folder, program);
    return await stat(path).then(() => undefined, () => `there is no program ${path}`);
  }

  /** Returns the folder of an input that was recorded elsewhere; undefined of a program. */
  recorded(input: string): string | undefined {
    const { recorded } = this.#entry;
    return recorded === undefined
      ? undefined
      : join(folderFrom(this.#options.folder, recorded), input);
  }

  /** Returns whether the stage can be given its inputs, of which the piece has whole references, and isolated mode runs. */
  isolates(piece: Piece, { inputs }: StageOutline): boolean {
    return startsFromSeams(this.#entry) && this.#options.modes.includes("isolated") &&
      inputs.every((input) => isWhole(piece.references.get(input)));
  }

  /** Returns the stages that can be judged in a mode: in chained mode those that it computes from the input file on. */
  stagesIn(mode: Mode, piece: Piece): readonly StageOutline[] {
    if (mode === "isolated") return this.stages.filter((stage) => this.isolates(piece, stage));
    const { command, mode: recordedMode = "chained" } = this.#entry;
    if (command === undefined && recordedMode === "isolated") return [];
    const made = new Set<string>();
    return this.stages.filter(({ inputs, outputs }) => {
      const isReached = inputs.every((input) => made.has(input));
      if (isReached) { for (const output of outputs) made.add(output); }
      return isReached;
    });
  }

  async *run({ piece, mode, stages, onStage }: Turn): AsyncGenerator<StageOutcome> {
    onStage?.(`${this.name}, ${piece.name}, ${mode}`);
    const recorded = this.recorded(piece.name);
    if (recorded !== undefined) {
      yield* this.#outcomes(recorded, stages, []);
      return;
    }
    const { scratch } = this.#options;
    const [out, seams] = [join(scratch, "out"), join(scratch, "seams")];
    for (const folder of [out, seams]) {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
    }
    if (mode === "isolated") await this.#give(piece, stages, seams);
    const input = this.#options.inputs.get(piece.name)!;
    const outcome = await this.#process(this.#entry.command!, { input: input.path, out, seams });
    let failure = outcome.failure;
    let timed: TimedRun["records"] = [];
    if (failure === undefined) {
      try {
        timed = await timingsIn(out);
      } catch (error) {
        if (!(error instanceof TimingsFileError)) throw error;
        failure = `its ${TIMINGS_FILE} cannot be read: ${error.message}`;
      }
    }
    if (failure === undefined) {
      const run = { input: piece.name, mode, process: outcome, stages: timed };
      this.#options.onMeasured?.(run);
      await this.#options.onSeams?.(piece.name, mode, out);
    }
    yield* this.#outcomes(out, stages, timed, failure);
  }

  async *#outcomes(
    folder: string,
    stages: readonly StageOutline[],
    timed: TimedRun["records"],
    failure?: string,
  ): AsyncGenerator<StageOutcome> {
    let seams: Readonly<Record<string, SeamArray>> = {};
    let reason = failure;
    if (reason === undefined) {
      try {
        seams = await seamsIn(folder);
      } catch (error) {
        const { code } = error as { code?: string };
        if (!(error instanceof ArrayError) && code === undefined) throw error;
        reason = `its seams cannot be read: ${reasonOf(error)}`;
      }
    }
    for (const { name } of stages) {
      const own = timed.filter(({ stage }) => stage === name);
      const seconds = own.reduce((sum, { start, end }) => sum + end - start, 0);
      yield {
        ...{ stage: name, seams, durationSeconds: own.length === 0 ? null : seconds },
        ...(reason !== undefined && { failure: reason }),
      };
    }
  }

  /** Copies the references of all inputs of stages into a folder, so that the program cannot change them. */
  async #give(piece: Piece, stages: readonly StageOutline[], folder: string): Promise<void> {
    for (const seam of new Set(stages.flatMap(({ inputs }) => inputs))) {
      const array = piece.references.get(seam)?.array;
      if (array === undefined || !("open" in array)) continue;
      await storeArray(join(folder, `${seam}.npy`), array);
    }
  }

  async #process(
    command: readonly string[],
    places: Readonly<Record<string, string>>,
  ): Promise<ProcessOutcome> {
    const { environment = {}, timeout_seconds, memory_mb } = this.#entry;
    const variables = Object.entries(environment)
      .map(([name, value]) => [name, this.#filled([value], places)[0]!]);
    const { folder, counter } = this.#options;
    return await runProcess({
      command: this.#filled(command, places),
      folder,
      environment: Object.fromEntries(variables),
      timeoutSeconds: timeout_seconds ?? TIMEOUT_SECONDS,
      ...(memory_mb !== undefined && { memoryBytes: memory_mb * 1e6 }),
      ...(counter && { counter }),
    });
  }

  /** Replaces placeholders in a single pass, so that a path with braces stays as it is. */
  #filled(texts: readonly string[], places: Readonly<Record<string, string>>): string[] {
    const all: Record<string, string> = { deno: Deno.execPath(), ...places };
    return texts.map((text) =>
      text.replace(/\{(deno|input|out|seams)\}/g, (whole, name: string) => all[name] ?? whole)
    );
  }
}

function isWhole(reference: Reference | undefined): boolean {
  return reference !== undefined && reference.sample === undefined;
}

/**
 * Returns the arrays of a folder by the names of their seams.
 *
 * @throws {ArrayError} if an archive cannot be read or a name comes twice
 * @throws if there is no folder
 */
export async function seamsIn(folder: string): Promise<Readonly<Record<string, SeamArray>>> {
  const arrays = await recordedArrays(folder);
  return Object.fromEntries(
    Array.from(arrays, ([seam, open]) => [seam, { path: join(folder, seam), open }]),
  );
}

/** Reads the timings of a run; none where the program wrote no file. */
async function timingsIn(folder: string): Promise<TimedRun["records"]> {
  let text: string;
  try {
    text = await readFile(join(folder, TIMINGS_FILE), "utf8");
  } catch {
    return [];
  }
  return readTimings(text).flatMap(({ records }) => records);
}
