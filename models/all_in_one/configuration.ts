/**
 * Configuration of an All-In-One network, as stored in its checkpoint.
 *
 * Source: `allin1.config.Config` (allin1 1.1.0), for the names and the defaults.
 *
 * @module
 */

import type { NetworkSizes } from "../../kernels/mod.ts";
import { ModelError } from "../model_error.ts";

/** Part of upstream's configuration that inference depends on, without training settings. */
export interface AllInOneConfiguration extends NetworkSizes {
  /** Number of the fold that was held out in training; `null` if unknown. */
  readonly fold: number | null;
  /** Samples per second of the audio. */
  readonly sampleRate: number;
  /** Length of a spectrogram frame, samples. */
  readonly windowSize: number;
  /** Distance between frames, samples. */
  readonly hopSize: number;
  /** Frames per second. */
  readonly fps: number;
  /** Bands per octave of the filterbank. */
  readonly numBands: number;
  /** Lowest frequency of the filterbank, Hz. */
  readonly fmin: number;
  /** Highest frequency of the filterbank, Hz. */
  readonly fmax: number;
  /** Best threshold on beat activations; `null` if the checkpoint has none. */
  readonly bestThresholdBeat: number | null;
  /** Best threshold on downbeat activations, used by the beat decoder; `null` if the checkpoint has none. */
  readonly bestThresholdDownbeat: number | null;
}

type Numeric = {
  [K in keyof AllInOneConfiguration]-?: AllInOneConfiguration[K] extends number ? K : never;
}[keyof AllInOneConfiguration];
type Nullable = Exclude<keyof AllInOneConfiguration, Numeric>;

interface Field {
  readonly path: string;
  readonly byDefault: number;
  readonly accepts: (value: number) => boolean;
  readonly expected: string;
}

function positive(path: string, byDefault: number): Field {
  return { path, byDefault, accepts: (value) => value > 0, expected: "a positive number" };
}

function count(path: string, byDefault: number, most: number): Field {
  return {
    path,
    byDefault,
    accepts: (value) => Number.isInteger(value) && value >= 1 && value <= most,
    expected: `a whole number from 1 to ${most}`,
  };
}

const FIELDS: Readonly<Record<Numeric, Field>> = {
  sampleRate: positive("sample_rate", 44_100),
  windowSize: count("window_size", 2048, 65_536),
  hopSize: count("hop_size", 441, 65_536),
  fps: positive("fps", 100),
  numBands: count("num_bands", 12, 192),
  fmin: positive("fmin", 30),
  fmax: positive("fmax", 17_000),
  numInstruments: count("data.num_instruments", 4, 5),
  numLabels: count("data.num_labels", 10, 1024),
  depth: count("depth", 11, 16),
  dilationFactor: count("dilation_factor", 2, 16),
  dilationMax: count("dilation_max", 3200, 65_536),
  numHeads: count("num_heads", 2, 64),
  kernelSize: count("kernel_size", 5, 31),
  dimInput: count("dim_input", 81, 1024),
  dimEmbed: count("dim_embed", 24, 1024),
  mlpRatio: positive("mlp_ratio", 4),
  layerNormEps: positive("layer_norm_eps", 1e-5),
};

const NULLABLE: Readonly<Record<Nullable, string>> = {
  fold: "fold",
  bestThresholdBeat: "best_threshold_beat",
  bestThresholdDownbeat: "best_threshold_downbeat",
};

/** Settings of which only one value is implemented; all published checkpoints have these values. */
const FIXED: Readonly<Record<string, string | boolean | number>> = {
  sample_rate: 44100,
  hop_size: 441,
  fps: 100,
  fmin: 30,
  fmax: 17000,
  num_bands: 12,
  qkv_bias: true,
  double_attention: true,
  instrument_attention: true,
  act_conv: "elu",
  act_transformer: "gelu",
};

/**
 * Parses the content of a `.yaml` file or of a checkpoint's `config` dictionary.
 *
 * @param source dictionary with upstream's key names; unknown keys are ignored
 * @returns configuration, with upstream's default for each missing key
 * @throws {ModelError} `configuration` for a value of the wrong kind or out of range, or a setting that is not implemented
 */
export function parseConfiguration(source: unknown): AllInOneConfiguration {
  const value = (path: string): unknown => lookUp(source, path);
  lookUp(source, "");
  for (const [path, only] of Object.entries(FIXED)) {
    const found = value(path) ?? only;
    if (found !== only) {
      throw wrong(path, `${JSON.stringify(only)}, the only implemented value`, found);
    }
  }
  const numbers = Object.entries(FIELDS).map(([name, field]) => {
    const found = value(field.path) ?? field.byDefault;
    if (typeof found !== "number" || !Number.isFinite(found) || !field.accepts(found)) {
      throw wrong(field.path, field.expected, found);
    }
    return [name, found];
  });
  const nullable = Object.entries(NULLABLE).map(([name, path]) => {
    const found = value(path) ?? null;
    if (found !== null && (typeof found !== "number" || !(found >= 0))) {
      throw wrong(path, "a number of at least 0, or null", found);
    }
    return [name, found];
  });
  const configuration: AllInOneConfiguration = Object.fromEntries([...numbers, ...nullable]);
  return checkTogether(configuration);
}

/** Upstream's default configuration. */
export const DEFAULT_CONFIGURATION: AllInOneConfiguration = parseConfiguration({});

/** Returns the dilation of a block's first time attention, frames; the second attention has twice this. */
export function blockDilation(configuration: AllInOneConfiguration, block: number): number {
  return Math.min(configuration.dilationFactor ** block, configuration.dilationMax);
}

function checkTogether(configuration: AllInOneConfiguration): AllInOneConfiguration {
  const { dimEmbed, numHeads, kernelSize, dimInput } = configuration;
  if (dimEmbed % numHeads !== 0) {
    throw wrong("dim_embed", `a multiple of num_heads (${numHeads})`, dimEmbed);
  }
  if (kernelSize % 2 === 0) throw wrong("kernel_size", "an odd number", kernelSize);
  if (embeddedBands(dimInput) !== 1) {
    throw wrong("dim_input", "a number of bands that the convolutions reduce to one", dimInput);
  }
  return configuration;
}

/** Returns the number of bands after the three convolutions (3, 12 and 3 wide) and poolings (by 3). */
function embeddedBands(bands: number): number {
  return [3, 12, 3].reduce((width, kernel) => Math.floor((width - kernel + 1) / 3), bands);
}

function lookUp(source: unknown, path: string): unknown {
  if (typeof source !== "object" || source === null || Array.isArray(source)) {
    throw new ModelError(
      "configuration",
      `Expected a configuration dictionary, but got ${show(source)}`,
    );
  }
  if (path === "") return source;
  const [key, rest] = path.split(".", 2);
  const found = source instanceof Map
    ? source.get(key)
    : Object.hasOwn(source, key!)
    ? (source as Record<string, unknown>)[key!]
    : undefined;
  if (rest === undefined || found === undefined || found === null) return found;
  return lookUp(found, rest);
}

function wrong(path: string, expected: string, found: unknown): ModelError {
  return new ModelError(
    "configuration",
    `Configuration value ${path} must be ${expected}, but is ${show(found)}`,
  );
}

/** Formats a value for a message, without its content: a value from a pickle can be of any depth, or contain itself. */
function show(value: unknown): string {
  if (value instanceof Map) return "a dictionary";
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "a list" : "an object";
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
