/**
 * `evaluate`: tracks and their truth in, figures out.
 *
 * @module
 */

import { resolve } from "node:path";
import { type Annotation, firstSeconds } from "../evaluation/annotation.ts";
import { readAnnotation } from "../evaluation/read_annotation.ts";
import { evaluationJson, type EvaluationReport, evaluationTables } from "../evaluation/report.ts";
import { scoresOf } from "../evaluation/scores.ts";
import { StoredResults } from "../evaluation/stored_results.ts";
import { LoadedSystems, type System, systemName } from "../evaluation/systems.ts";
import { TrackAudio } from "../evaluation/track_audio.ts";
import { type EvaluationTrack, findTracks, onlyFile } from "../evaluation/tracks.ts";
import { KernelLoadError } from "../kernels/kernels.ts";
import type { LoadOptions } from "../models/models_folder.ts";
import { PROGRAM } from "../core/program.ts";
import { writeWhole } from "../core/files.ts";
import type { RunObserver } from "../pipeline/runner.ts";
import type { Tensor } from "../core/tensor.ts";
import { chosenWeights } from "./chosen_weights.ts";
import { EVALUATE_HELP, type EvaluateCall, understandEvaluate } from "./evaluate_call.ts";
import { StatusLine } from "./status_line.ts";
import { warnOfUntrained } from "./untrained.ts";
import { UsageError } from "../core/usage_error.ts";
import { ensureFile } from "./writable.ts";

/**
 * Runs the command.
 *
 * @param args what follows `evaluate` on the command line
 * @returns the exit code: 0, or 1 when a track failed
 * @throws {UsageError | ModelError | AnnotationError} if the call is wrong or the weights cannot be had
 */
export async function evaluateCommand(args: readonly string[]): Promise<number> {
  const understood = understandEvaluate(args);
  if (understood === null) {
    console.log(EVALUATE_HELP);
    return 0;
  }
  const { exportJson, weightsDirectory, threads } = understood;
  if (exportJson !== undefined) await ensureFile(exportJson, "--export-json");
  const tracks = await findTracks(understood.folder, understood.systems.length > 0);
  if (tracks.length === 0) {
    throw new UsageError(
      `There are no tracks in ${understood.folder}: expected NAME.flac (or another audio file) with ` +
        "NAME.json or NAME.jams, or folders with mix.flac and truth.json",
    );
  }
  const folder = weightsDirectory === undefined ? {} : { weightsDir: weightsDirectory };
  const call = { ...understood, systems: await chosenSystems(understood.systems, folder) };
  warnOfUntrained(call.systems.flatMap(({ demixer, model }) => [demixer, model]));
  const results = await Promise.all(call.results.map((directory) => StoredResults.open(directory)));
  const systems = await LoadedSystems.load(call.systems, {
    ...folder,
    ...(threads !== undefined && { threads }),
  });
  const status = new StatusLine();
  const evaluation = new Evaluation(call, systems, results, status);
  try {
    for (const [at, track] of tracks.entries()) {
      await evaluation.track(track, `${at + 1} of ${tracks.length}`);
      // What is there is kept, should the run be ended.
      if (exportJson !== undefined) {
        await writeWhole(exportJson, evaluationJson(evaluation.report));
      }
    }
  } finally {
    status.clear();
    await systems.close();
  }
  console.log(evaluationTables(evaluation.report));
  return evaluation.report.systems.every(({ failures }) => failures.length === 0) ? 0 : 1;
}

/** The systems, each once, with names for `auto`. */
async function chosenSystems(systems: readonly System[], folder: LoadOptions): Promise<System[]> {
  const chosen = new Map<string, System>();
  for (const system of systems) {
    const { demixer, model } = await chosenWeights(system, folder);
    chosen.set(systemName({ demixer, model }), { demixer, model });
  }
  return [...chosen.values()];
}

/** Where estimates come from, and what came of them. */
interface Contestant {
  readonly name: string;
  readonly weights: { name: string; sha256: string | null }[];
  readonly tracks: EvaluationReport["systems"][number]["tracks"][number][];
  readonly failures: { track: string; reason: string }[];
  estimate(track: EvaluationTrack, heard: Heard): Promise<Annotation>;
}

/** The audio of one track and the spectrograms of it so far, by demixer. */
interface Heard {
  readonly audio: TrackAudio;
  readonly spectrograms: Map<string, Promise<Tensor<"f32">>>;
}

class Evaluation {
  readonly report: EvaluationReport;
  readonly #contestants: readonly Contestant[];
  readonly #call: EvaluateCall;
  readonly #systems: LoadedSystems;
  readonly #status: StatusLine;
  #doing = "";

  constructor(
    call: EvaluateCall,
    systems: LoadedSystems,
    results: readonly StoredResults[],
    status: StatusLine,
  ) {
    this.#call = call;
    this.#systems = systems;
    this.#status = status;
    this.#contestants = [
      ...call.systems.map((system): Contestant => ({
        ...contestant(systemName(system), systems.weights(system)),
        estimate: (_, heard) => this.#analyze(system, heard),
      })),
      ...results.map((stored): Contestant => ({
        ...contestant(stored.directory),
        estimate: async (track) => await readAnnotation(await stored.fileOf(track)),
      })),
    ];
    this.report = {
      program: PROGRAM,
      settings: {
        folder: resolve(call.folder),
        seconds: call.seconds ?? null,
        threads: call.threads ?? null,
      },
      systems: this.#contestants,
    };
  }

  /** Measures one track with every system. */
  async track(track: EvaluationTrack, progress: string): Promise<void> {
    const { seconds } = this.#call;
    let truth: Annotation;
    try {
      truth = firstSeconds(await readAnnotation(onlyFile(track.truths, "truth")), seconds);
    } catch (error) {
      this.#fail(track, this.#contestants, error);
      return;
    }
    const heard: Heard = { audio: new TrackAudio(track, seconds), spectrograms: new Map() };
    for (const contestant of this.#contestants) {
      this.#doing = `${track.name} (${progress}), ${contestant.name}`;
      try {
        const estimate = firstSeconds(await contestant.estimate(track, heard), seconds);
        contestant.tracks.push({ track: track.name, scores: scoresOf(truth, estimate) });
      } catch (error) {
        this.#fail(track, [contestant], error);
      }
    }
    this.#status.clear();
    for (const warning of heard.audio.warnings) console.error(`Warning: ${warning}`);
  }

  async #analyze(system: System, { audio, spectrograms }: Heard): Promise<Annotation> {
    const observer: RunObserver = {
      onStart: (stage) => this.#status.show(`${this.#doing}: ${stage}`),
      onProgress: (stage, part, parts) =>
        this.#status.show(`${this.#doing}: ${stage} ${part}/${parts}`),
    };
    const { demixer } = system;
    let spectrogram = spectrograms.get(demixer);
    if (spectrogram === undefined) {
      observer.onStart?.("decode");
      spectrogram = audio.given(demixer)
        .then((given) => this.#systems.spectrogram(system, given, observer));
      spectrograms.set(demixer, spectrogram);
    }
    return await this.#systems.findings(system, await spectrogram, observer);
  }

  /** @throws the error, where no other track can do better */
  #fail({ name: track }: EvaluationTrack, of: readonly Contestant[], error: unknown): void {
    this.#status.clear();
    if (error instanceof KernelLoadError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    for (const { failures } of of) failures.push({ track, reason });
    const who = of.length === 1 ? `${track}, ${of[0]?.name}` : track;
    console.error(`${who}: ${reason}`);
  }
}

function contestant(
  name: string,
  weights: { name: string; sha256: string | null }[] = [],
): Omit<Contestant, "estimate"> {
  return { name, weights, tracks: [], failures: [] };
}
