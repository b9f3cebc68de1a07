/**
 * The command line of `analyze`.
 *
 * @module
 */

import { basename, join, parse as parsePath, resolve } from "node:path";
import { AUTO } from "../models/automatic.ts";
import { fixturesDirectory } from "../parity/manifest.ts";
import type { Track } from "../pipeline/analyze_track.ts";
import {
  type Backend,
  backendOf as backendOfCompute,
  BACKENDS,
} from "../pipeline/backends/backend.ts";
import { DEVICES } from "../pipeline/backends/devices.ts";
import type { GuardOptions } from "../pipeline/guard.ts";
import { demixShifts } from "../pipeline/shifts.ts";
import { checkNames } from "./chosen_weights.ts";
import { oneOf } from "./one_of.ts";
import { parsedArgs } from "./parsed_args.ts";
import { threadCount } from "./thread_count.ts";
import { UsageError } from "../core/usage_error.ts";

/** What `analyze --help` prints. */
export const ANALYZE_HELP = `Usage: deno task analyze AUDIO... [options]
       deno task analyze --stems-dir DIR [AUDIO] [options]

Finds tempo, beats, downbeats and segments of tracks, from the mix (wav, flac, mp3, m4a, ogg or
aiff; any sample rate), or from four stems: bass, drums, other, vocals.
Without arguments it analyses the demo piece.

      AUDIO                a mix; with --stems-dir it only names the track in the result
      --stems-dir DIR      folder with the stems of one track; may be given several times
  -m, --model NAME         who finds beats and segments: harmonix-all (the published eight folds),
                           harmonix-fold0 to 7, embedded (ours, ships with the program), seeded-all
                           and seeded-fold0 to 7 (untrained); or auto (default): the published folds
                           where they are installed, else embedded
      --demixer NAME       who separates a mix: htdemucs (the published network), hpss (median
                           filters, no weights), seeded-htdemucs (untrained), a file of HTDemucs
                           weights that ends in .th or .safetensors; or auto (default): htdemucs
                           where it is installed, else hpss
      --shifts N           passes over a mix, each shifted by another half second at most, whose mean
                           is taken (default: 1); 0 is one pass without a shift
      --demix-seed N       what the shifts are drawn from (default: 0), or random
  -k, --keep-byproducts    keep the separated stems, and use them again
      --demix-dir DIR      where they are kept (default: ./demix)
      --weights-dir DIR    folder with the published weights (default: $TACTUS_MODELS_DIR, else the
                           folder that deno task models path prints)
  -o, --out-dir DIR        where results are written (default: ./struct)
  -a, --activ              also write the activations, NAME.activ.npz
  -e, --embed              also write the embeddings, NAME.embed.npy
      --json               print the result as JSON instead of a summary
      --timings-path FILE  append when each stage ran, one JSON object a line
  -d, --device NAME        what the networks run on: ${
  Object.keys(DEVICES).join(", ")
} (default: cpu)
      --backend NAME       who computes the networks: native, our own kernels (default on the cpu), or
                           onnx, ONNX Runtime (on all other devices)
      --threads N          threads of the networks (default: one for each core)
      --guard              let the first seconds also be computed another way, stage by stage: networks
                           by the other backend, spectrogram and beats in plain words; where the
                           two differ too much, that other way computes the whole run
      --guard-max-abs X    what a value may be off, X + X |value| (default: 1e-6); the other backend may
                           be off itself, so that networks may differ by 1e-6 more
      --guard-seconds N    how many seconds (default: 10)
  -h, --help               print this

Exit codes: 0 all tracks done, 1 a track failed, 2 the call was wrong or could not run`;

/** Who separates and who listens, unless told otherwise. */
export const DEFAULTS = { demixer: AUTO, model: AUTO } as const;

const OPTIONS = {
  "stems-dir": { type: "string", multiple: true },
  model: { type: "string", short: "m", default: DEFAULTS.model },
  demixer: { type: "string", default: DEFAULTS.demixer },
  shifts: { type: "string", default: "1" },
  "demix-seed": { type: "string", default: "0" },
  "keep-byproducts": { type: "boolean", short: "k", default: false },
  "demix-dir": { type: "string", default: "./demix" },
  "weights-dir": { type: "string" },
  "out-dir": { type: "string", short: "o", default: "./struct" },
  activ: { type: "boolean", short: "a", default: false },
  embed: { type: "boolean", short: "e", default: false },
  json: { type: "boolean", default: false },
  "timings-path": { type: "string" },
  device: { type: "string", short: "d", default: "cpu" },
  backend: { type: "string" },
  threads: { type: "string" },
  guard: { type: "boolean", default: false },
  "guard-max-abs": { type: "string" },
  "guard-seconds": { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** What the guard allows unless told otherwise. */
const GUARD_DEFAULTS: GuardOptions = { seconds: 10, tolerance: 1e-6 };

/** The mix of our own piece. */
const DEMO = join(fixturesDirectory, "audio", "four_four", "mix.flac");

/** More passes only cost time. */
const MOST_SHIFTS = 100;

/** A call of the command, understood. */
export interface Call {
  readonly tracks: readonly Track[];
  /** Name of a model, or `auto`. */
  readonly model: string;
  /** Name of a demixer, or `auto`. */
  readonly demixer: string;
  readonly shifts: readonly (number | null)[];
  /** Folder where separated stems are kept. */
  readonly keepIn?: string;
  readonly weightsDirectory?: string;
  readonly outputDirectory: string;
  readonly activations: boolean;
  readonly embeddings: boolean;
  readonly json: boolean;
  readonly timingsPath?: string;
  readonly device: string;
  readonly backend: Backend;
  readonly threads?: number;
  readonly guard?: GuardOptions;
}

/**
 * Reads a command line.
 *
 * @param args what follows `analyze`
 * @returns the call; null where help was asked for
 * @throws {UsageError | ModelError} if an option is unknown or has a wrong value
 */
export function understand(args: readonly string[]): Call | null {
  const { values, positionals } = parsedArgs("analyze", {
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  if (values.help) return null;
  const directories = values["stems-dir"] ?? [];
  const isDemo = directories.length === 0 && positionals.length === 0;
  if ([...directories, ...positionals].includes("")) {
    throw new UsageError("Expected a path for each --stems-dir and AUDIO, but got an empty one");
  }
  checkNames(values);
  return {
    tracks: isDemo ? [demoTrack()] : tracksOf(directories, positionals),
    model: values.model,
    demixer: values.demixer,
    shifts: shiftsOf(values.shifts, values["demix-seed"]),
    ...(values["keep-byproducts"] && { keepIn: values["demix-dir"] }),
    outputDirectory: values["out-dir"],
    activations: values.activ,
    embeddings: values.embed,
    json: values.json,
    device: values.device,
    backend: backendOf(values.backend, values.device),
    ...(values["weights-dir"] !== undefined && { weightsDirectory: values["weights-dir"] }),
    ...(values["timings-path"] !== undefined && { timingsPath: values["timings-path"] }),
    ...(values.threads !== undefined && { threads: threadCount(values.threads) }),
    ...guardOf(values.guard, values["guard-max-abs"], values["guard-seconds"]),
  };
}

/** What the guard allows, where there is one. */
function guardOf(
  isWanted: boolean,
  maxAbsolute: string | undefined,
  seconds: string | undefined,
): { guard?: GuardOptions } {
  if (!isWanted) {
    if (maxAbsolute === undefined && seconds === undefined) return {};
    throw new UsageError("--guard-max-abs and --guard-seconds need --guard");
  }
  return {
    guard: {
      seconds: positive("guard-seconds", seconds ?? `${GUARD_DEFAULTS.seconds}`),
      tolerance: positive("guard-max-abs", maxAbsolute ?? `${GUARD_DEFAULTS.tolerance}`),
    },
  };
}

function positive(option: string, text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && number > 0 && Number.isFinite(number)) return number;
  throw new UsageError(`--${option} expects a number above 0, but got ${text}`);
}

/**
 * What `--backend` and `--device` ask for.
 *
 * @throws {UsageError} if there is no such backend, or it cannot compute on the device
 */
export function backendOf(name: string | undefined, device: string): Backend {
  if (name === undefined) return backendOfCompute({ device });
  const backend = oneOf("backend", name, BACKENDS);
  if (backend === "native" && device !== "cpu") {
    throw new UsageError(`--backend native computes on the cpu only, not on ${device}`);
  }
  return backend;
}

/**
 * What `--shifts` and `--demix-seed` ask for.
 *
 * @throws {UsageError} if one of them is no such number
 */
export function shiftsOf(shifts: string, seed: string): (number | null)[] {
  return demixShifts(passCount(shifts), seedOf(seed));
}

function passCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= MOST_SHIFTS) return count;
  throw new UsageError(`--shifts expects a whole number from 0 to ${MOST_SHIFTS}, but got ${text}`);
}

function seedOf(text: string): number {
  if (text === "random") return crypto.getRandomValues(new Uint32Array(1))[0]!;
  const seed = Number(text);
  if (/^\d+$/.test(text) && seed < 2 ** 32) return seed;
  throw new UsageError(
    `--demix-seed expects random or a whole number below 2^32, but got ${text}`,
  );
}

/** The mixes, or the tracks whose stems are given. */
function tracksOf(directories: readonly string[], audio: readonly string[]): Track[] {
  if (directories.length === 0) return audio.map(mixOf);
  if (audio.length > 0 && audio.length !== directories.length) {
    throw new UsageError(
      `Expected one AUDIO for each --stems-dir, or none, but got ${audio.length} for ` +
        `${directories.length}`,
    );
  }
  return directories.map((directory, i) => trackOf(directory, audio[i]));
}

function mixOf(file: string): Track {
  const path = resolve(file);
  return { path, name: parsePath(path).name };
}

/** A track named for its audio file, or else for the folder of its stems. */
function trackOf(stemsDirectory: string, audio?: string): Track {
  if (audio !== undefined) return { ...mixOf(audio), stemsDirectory };
  const path = resolve(stemsDirectory);
  return { path, name: basename(path), stemsDirectory };
}

function demoTrack(): Track {
  return { path: DEMO, name: "demo" };
}
