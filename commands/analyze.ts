/**
 * `analyze`: tracks in, results out.
 *
 * @module
 */

import { appendFile, mkdir } from "node:fs/promises";
import { basename, dirname, join, parse as parsePath, resolve } from "node:path";
import { parseArgs } from "node:util";
import { KernelLoadError } from "../kernels/kernels.ts";
import { foldNames, loadModel } from "../models/registry.ts";
import { fixturesDirectory } from "../parity/manifest.ts";
import { type AnalyzedTrack, analyzeTrack, type Track } from "../pipeline/analyze_track.ts";
import { type NetworkModel, networkModel } from "../pipeline/network.ts";
import { resultToJson } from "../pipeline/result.ts";
import { writeResultFiles } from "../pipeline/result_files.ts";
import { DEVICE, type StageTiming } from "../pipeline/runner.ts";
import { StatusLine } from "./status_line.ts";
import { summary } from "./summary.ts";
import { threadCount } from "./thread_count.ts";
import { UsageError } from "./usage_error.ts";
import { ensureFile, ensureFolder } from "./writable.ts";

/** What `analyze --help` prints. */
export const ANALYZE_HELP = `Usage: deno task analyze --stems-dir DIR [AUDIO] [options]

Finds tempo, beats, downbeats and segments of a track that is given as four stems:
bass, drums, other, vocals (wav, flac, mp3, m4a, ogg or aiff; any sample rate).
Without arguments it analyses the demo piece with untrained weights.

      --stems-dir DIR      folder with the stems of one track; may be given several times
      AUDIO                names the track in the result; one for each --stems-dir, or none
  -m, --model NAME         harmonix-all (default), harmonix-fold0 to 7, seeded-all, seeded-fold0 to 7
      --weights-dir DIR    folder with the published weights (default: $TACTUS_MODELS_DIR, else the
                           folder that deno task models path prints)
  -o, --out-dir DIR        where results are written (default: ./struct)
  -a, --activ              also write the activations, NAME.activ.npz
  -e, --embed              also write the embeddings, NAME.embed.npy
      --json               print the result as JSON instead of a summary
      --timings-path FILE  append when each stage ran, one JSON object a line
      --threads N          threads of the network (default: one for each core)
  -h, --help               print this

Exit codes: 0 all tracks done, 1 a track failed, 2 the call was wrong or could not run`;

const OPTIONS = {
  "stems-dir": { type: "string", multiple: true },
  model: { type: "string", short: "m" },
  "weights-dir": { type: "string" },
  "out-dir": { type: "string", short: "o", default: "./struct" },
  activ: { type: "boolean", short: "a", default: false },
  embed: { type: "boolean", short: "e", default: false },
  json: { type: "boolean", default: false },
  "timings-path": { type: "string" },
  threads: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** The demo: our own piece, and weights that need no download. */
const DEMO = { piece: "four_four", model: "seeded-all" } as const;

/** A call of the command, understood. */
interface Call {
  readonly tracks: readonly Track[];
  readonly model: string;
  readonly weightsDirectory?: string;
  readonly outputDirectory: string;
  readonly activations: boolean;
  readonly embeddings: boolean;
  readonly json: boolean;
  readonly timingsPath?: string;
  readonly threads?: number;
}

/**
 * Runs the command.
 *
 * @param args what follows `analyze` on the command line
 * @returns the exit code: 0, or 1 when a track failed
 * @throws {UsageError | ModelError} if the call is wrong or the weights cannot be had
 */
export async function analyzeCommand(args: readonly string[]): Promise<number> {
  const call = understand(args);
  if (call === null) {
    console.log(ANALYZE_HELP);
    return 0;
  }
  foldNames(call.model);
  await ensureFolder(call.outputDirectory, "--out-dir");
  if (call.timingsPath !== undefined) await ensureFile(call.timingsPath, "--timings-path");
  if (call.model.startsWith("seeded")) {
    console.error(
      `The weights ${call.model} are untrained (computed from a hash): the pipeline is real, ` +
        "but beats and segments mean nothing",
    );
  }
  const status = new StatusLine();
  const origin = performance.now();
  const run = new Run(call, status, origin);
  let failures = 0;
  for (const track of call.tracks) {
    try {
      await run.track(track);
    } catch (error) {
      status.clear();
      // Without weights or kernels no track can be analysed.
      if (error === run.modelFailure || error instanceof KernelLoadError) throw error;
      failures++;
      console.error(`${track.path}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return failures === 0 ? 0 : 1;
}

function understand(args: readonly string[]): Call | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const directories = values["stems-dir"] ?? [];
  const isDemo = directories.length === 0 && positionals.length === 0;
  if (directories.length === 0 && !isDemo) {
    throw new UsageError(
      "This version does not separate a mix: give the folder with the stems of " +
        `${positionals[0]} by --stems-dir`,
    );
  }
  if ([...directories, ...positionals].includes("")) {
    throw new UsageError("Expected a path for each --stems-dir and AUDIO, but got an empty one");
  }
  if (positionals.length > 0 && positionals.length !== directories.length) {
    throw new UsageError(
      `Expected one AUDIO for each --stems-dir, or none, but got ${positionals.length} for ` +
        `${directories.length}`,
    );
  }
  const tracks = isDemo
    ? [demoTrack()]
    : directories.map((directory, i) => trackOf(directory, positionals[i]));
  return {
    tracks,
    model: values.model ?? (isDemo ? DEMO.model : "harmonix-all"),
    outputDirectory: values["out-dir"],
    activations: values.activ,
    embeddings: values.embed,
    json: values.json,
    ...(values["weights-dir"] !== undefined && { weightsDirectory: values["weights-dir"] }),
    ...(values["timings-path"] !== undefined && { timingsPath: values["timings-path"] }),
    ...(values.threads !== undefined && { threads: threadCount(values.threads) }),
  };
}

// The type of the values follows from the table of options.
// deno-lint-ignore explicit-function-return-type
function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message}; see deno task analyze --help`, { cause });
  }
}

/** A track named for its audio file, or else for the folder of its stems. */
function trackOf(stemsDirectory: string, audio?: string): Track {
  const path = resolve(audio ?? stemsDirectory);
  return {
    path,
    name: audio === undefined ? basename(path) : parsePath(path).name,
    stemsDirectory,
  };
}

function demoTrack(): Track {
  return trackOf(join(fixturesDirectory, "audio", DEMO.piece));
}

/** The tracks of one call: they share the model and the clock. */
class Run {
  /** Why the weights could not be loaded, if they could not. */
  modelFailure: unknown;
  readonly #call: Call;
  readonly #status: StatusLine;
  readonly #origin: number;
  readonly #model: Promise<NetworkModel>;
  #modelTiming: StageTiming | undefined;

  constructor(call: Call, status: StatusLine, origin: number) {
    this.#call = call;
    this.#status = status;
    this.#origin = origin;
    this.#model = this.#loadModel();
    // The failure is reported by the track that needs the model first.
    this.#model.catch((error) => this.modelFailure = error);
  }

  async #loadModel(): Promise<NetworkModel> {
    const start = (performance.now() - this.#origin) / 1000;
    const { model, weightsDirectory } = this.#call;
    const checkpoints = await loadModel(model, {
      ...(weightsDirectory !== undefined && { weightsDir: weightsDirectory }),
    });
    const end = (performance.now() - this.#origin) / 1000;
    this.#modelTiming = { stage: "weights", start, end, device: DEVICE };
    return networkModel(model, checkpoints);
  }

  async track(track: Track): Promise<void> {
    const call = this.#call;
    const timings: StageTiming[] = [];
    const done = await analyzeTrack(track, {
      model: this.#model,
      embeddings: call.embeddings,
      ...(call.threads !== undefined && { threads: call.threads }),
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
    this.#print(done, file);
  }

  #print(done: AnalyzedTrack, file: string): void {
    if (this.#call.json) {
      console.log(resultToJson(done.result).trimEnd());
    } else {
      console.log(summary(done.result, file));
    }
  }

  async #appendTimings(track: Track, timings: readonly StageTiming[]): Promise<void> {
    const { timingsPath, model } = this.#call;
    if (timingsPath === undefined) return;
    const all = this.#modelTiming === undefined ? timings : [this.#modelTiming, ...timings];
    this.#modelTiming = undefined;
    const lines = all.map(({ stage, start, end, device }) =>
      JSON.stringify({ stage, start, end, duration: end - start, device, model, track: track.path })
    );
    await mkdir(dirname(resolve(timingsPath)), { recursive: true });
    await appendFile(timingsPath, lines.map((line) => `${line}\n`).join(""));
  }
}
