/**
 * `analyze`: tracks in, results out.
 *
 * @module
 */

import { appendFile, mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { KernelLoadError } from "../kernels/kernels.ts";
import type { LoadOptions } from "../models/models_folder.ts";
import { loadModel } from "../models/registry.ts";
import { type AnalyzedTrack, analyzeTrack, type Track } from "../pipeline/analyze_track.ts";
import type { Backend } from "../pipeline/backends/backend.ts";
import { loadDemixer } from "../pipeline/backends/demixers.ts";
import { DeviceError, providersOf } from "../pipeline/backends/devices.ts";
import type { Demixer } from "../pipeline/demix.ts";
import { type NetworkModel, networkModel } from "../pipeline/network.ts";
import { resultToJson } from "../pipeline/result.ts";
import { writeResultFiles } from "../outputs/result_files.ts";
import { DEVICE, type StageTiming } from "../pipeline/runner.ts";
import { ANALYZE_HELP, type Call, understand } from "./analyze_call.ts";
import { type ChosenWeights, chosenWeights } from "./chosen_weights.ts";
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
  await providersOf(call.device);
  await ensureFolder(call.outputDirectory, "--out-dir");
  if (call.keepIn !== undefined) await ensureFolder(call.keepIn, "--demix-dir");
  if (call.timingsPath !== undefined) await ensureFile(call.timingsPath, "--timings-path");
  const separates = call.tracks.some(({ stemsDirectory }) => stemsDirectory === undefined);
  const roles = separates ? ["demixer", "model"] as const : ["model"] as const;
  const weights = await chosenWeights(call, folderOf(call), roles);
  warnOfUntrained(roles.map((role) => weights[role]));
  const status = new StatusLine();
  const run = new Run(call, weights, status, performance.now());
  try {
    return await runTracks(call.tracks, run, status);
  } finally {
    await run.close();
  }
}

function folderOf({ weightsDirectory }: Call): LoadOptions {
  return weightsDirectory === undefined ? {} : { weightsDir: weightsDirectory };
}

async function runTracks(tracks: readonly Track[], run: Run, status: StatusLine): Promise<number> {
  let failures = 0;
  for (const track of tracks) {
    try {
      await run.track(track);
    } catch (error) {
      status.clear();
      // Without weights, kernels or device no track can be analysed.
      const isHopeless = run.loadingFailures.has(error) || error instanceof KernelLoadError ||
        error instanceof DeviceError;
      if (isHopeless) throw error;
      failures++;
      console.error(`${track.path}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return failures === 0 ? 0 : 1;
}

/** Something that loads while the first track is decoded, and how long it took. */
interface Loading<Thing> {
  readonly thing: Promise<Thing>;
  /** When it was loaded, until it has been reported. */
  timing?: StageTiming;
}

/** The tracks of one call: they share the networks and the clock. */
class Run {
  /** Why weights could not be loaded, where they could not. */
  readonly loadingFailures = new Set<unknown>();
  readonly #call: Call;
  readonly #weights: ChosenWeights;
  readonly #status: StatusLine;
  readonly #origin: number;
  readonly #model: Loading<NetworkModel>;
  readonly #demixer: Loading<Demixer> | undefined;

  constructor(call: Call, weights: ChosenWeights, status: StatusLine, origin: number) {
    this.#call = call;
    this.#weights = weights;
    this.#status = status;
    this.#origin = origin;
    const { backend, device } = call;
    const { demixer, model } = weights;
    const folder = folderOf(call);
    this.#model = this.#load(
      "weights",
      async () => networkModel(model, await loadModel(model, folder)),
    );
    if (call.tracks.every(({ stemsDirectory }) => stemsDirectory !== undefined)) return;
    this.#demixer = this.#load(
      "demixer weights",
      () => this.#loadDemixer(demixer, backend, device),
    );
  }

  #loadDemixer(name: string, backend: Backend, device: string): Promise<Demixer> {
    const { threads } = this.#call;
    const folder = folderOf(this.#call);
    return loadDemixer(name, { ...folder, backend, device, ...(threads && { threads }) });
  }

  #load<Thing>(stage: string, load: () => Promise<Thing>): Loading<Thing> {
    const seconds = (): number => (performance.now() - this.#origin) / 1000;
    const start = seconds();
    const loading: Loading<Thing> = {
      thing: load().then((thing) => {
        loading.timing = { stage, start, end: seconds(), device: DEVICE };
        return thing;
      }),
    };
    // The failure is reported by the track that needs the weights first.
    loading.thing.catch((error) => this.loadingFailures.add(error));
    return loading;
  }

  async track(track: Track): Promise<void> {
    const call = this.#call;
    const timings: StageTiming[] = [];
    const done = await analyzeTrack(track, {
      model: this.#model.thing,
      automatic: this.#weights.automatic,
      embeddings: call.embeddings,
      backend: call.backend,
      device: call.device,
      ...(call.threads !== undefined && { threads: call.threads }),
      ...(call.guard && { guard: call.guard }),
      ...(this.#demixer && {
        separation: {
          demixer: this.#demixer.thing,
          shifts: call.shifts,
          // Whoever judges does so on the processor.
          otherwise: (backend) => this.#loadDemixer(this.#weights.demixer, backend, DEVICE),
          ...(call.keepIn !== undefined && { keepIn: call.keepIn }),
        },
      }),
      origin: this.#origin,
      observer: {
        onStart: (stage) => this.#status.show(`${track.path}: ${stage}`),
        onProgress: (stage, part, parts) =>
          this.#status.show(`${track.path}: ${stage} ${part}/${parts}`),
        onTiming: (timing) => timings.push(timing),
      },
    });
    const file = await writeResultFiles(done, {
      directory: call.outputDirectory,
      activations: call.activations,
      embeddings: call.embeddings,
    });
    await this.#appendTimings(track, timings);
    this.#status.clear();
    for (const warning of done.warnings) console.error(`Warning: ${warning}`);
    for (const note of done.notes) console.error(note);
    this.#print(done, file);
  }

  /** Frees what the tracks shared. */
  async close(): Promise<void> {
    const demixer = await this.#demixer?.thing.catch(() => undefined);
    await demixer?.session?.release();
  }

  #print(done: AnalyzedTrack, file: string): void {
    if (this.#call.json) {
      console.log(resultToJson(done.result).trimEnd());
    } else {
      console.log(summary(done.result, file));
    }
  }

  async #appendTimings(track: Track, timings: readonly StageTiming[]): Promise<void> {
    const { timingsPath } = this.#call;
    const { model } = this.#weights;
    if (timingsPath === undefined) return;
    const loaded = [this.#model, this.#demixer].flatMap((loading) => loading?.timing ?? []);
    for (const loading of [this.#model, this.#demixer]) delete loading?.timing;
    const lines = [...loaded, ...timings].map(({ stage, start, end, device, fallback }) =>
      JSON.stringify({
        ...{ stage, start, end, duration: end - start, device, model, track: track.path },
        ...(fallback !== undefined && { fallback }),
      })
    );
    await mkdir(dirname(resolve(timingsPath)), { recursive: true });
    await appendFile(timingsPath, lines.map((line) => `${line}\n`).join(""));
  }
}
