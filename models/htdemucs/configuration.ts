/**
 * Configuration of a Hybrid Transformer Demucs network, as stored in its checkpoint.
 *
 * Source: the arguments of `demucs.htdemucs.HTDemucs` (demucs 4.0.1), for the names and the defaults.
 *
 * @module
 */

import type { HtdemucsSizes } from "../../kernels/mod.ts";
import { ModelError } from "../model_error.ts";
import { PickleTuple } from "../torch/pickle.ts";
import { TorchFraction } from "../torch/torch_fraction.ts";

/** Part of upstream's configuration that inference depends on, without training settings. */
export interface HtdemucsConfiguration extends Omit<HtdemucsSizes, "sources"> {
  /** Names of the stems, in the order of the outputs. */
  readonly sources: readonly string[];
  /** Samples per second of the audio. */
  readonly sampleRate: number;
}

/** Kernel length of the strided convolutions, twice {@linkcode STRIDE}; other lengths are not supported. */
export const KERNEL = 8;

/** Stride of the encoders. */
export const STRIDE = 4;

/** Arguments of the published `htdemucs`, by upstream's names. */
export const PUBLISHED_ARGUMENTS: Readonly<Record<string, unknown>> = {
  sources: ["drums", "bass", "other", "vocals"],
  audio_channels: 2,
  channels: 48,
  growth: 2,
  nfft: 4096,
  cac: true,
  depth: 4,
  freq_emb: 0.2,
  emb_scale: 10,
  dconv_mode: 3,
  dconv_depth: 2,
  dconv_comp: 8,
  bottom_channels: 512,
  t_layers: 5,
  t_heads: 8,
  t_hidden_scale: 4,
  samplerate: 44_100,
  segment: new TorchFraction(39, 5),
};

/** Arguments of which only one value is implemented: that value, and upstream's default. */
const FIXED: Readonly<Record<string, readonly [only: unknown, byDefault: unknown]>> = {
  channels_time: [null, null],
  wiener_iters: [0, 0],
  end_iters: [0, 0],
  wiener_residual: [false, false],
  cac: [true, true],
  rewrite: [true, true],
  multi_freqs: [null, null],
  kernel_size: [KERNEL, 8],
  stride: [STRIDE, 4],
  context: [1, 1],
  context_enc: [0, 0],
  dconv_mode: [3, 1],
  t_emb: ["sin", "sin"],
  t_norm_in: [true, true],
  t_norm_in_group: [false, false],
  t_group_norm: [false, false],
  t_norm_first: [true, true],
  t_norm_out: [true, true],
  t_layer_scale: [true, true],
  t_gelu: [true, true],
  t_sin_random_shift: [0, 0],
  t_sparse_self_attn: [false, false],
  t_sparse_cross_attn: [false, false],
  t_cross_first: [false, false],
  use_train_segment: [true, true],
};

/**
 * Parses the keyword arguments in a checkpoint.
 *
 * @param kwargs dictionary with upstream's names; unknown arguments and those that only affect training are ignored
 * @returns configuration, with upstream's default for each missing argument
 * @throws {ModelError} `configuration`, naming the argument, for a value of the wrong kind or out of range, or one that is
 *   not implemented
 */
export function parseHtdemucsConfiguration(kwargs: unknown): HtdemucsConfiguration {
  const args = argumentsOf(kwargs);
  for (const [name, [only, byDefault]] of Object.entries(FIXED)) {
    const found = args.has(name) ? args.get(name) : byDefault;
    const none = only === null && Array.isArray(found) && found.length === 0;
    if (asNumber(found) !== only && !none) {
      throw wrong(name, `${JSON.stringify(only)}, the only implemented value`, found);
    }
  }
  const count = (name: string, byDefault: number, least: number, most: number): number => {
    const found = asNumber(args.get(name) ?? byDefault);
    if (typeof found === "number" && Number.isInteger(found) && found >= least && found <= most) {
      return found;
    }
    throw wrong(name, `a whole number from ${least} to ${most}`, args.get(name));
  };
  const real = (name: string, byDefault: number): number => {
    const found = asNumber(args.get(name) ?? byDefault);
    if (typeof found === "number" && found > 0 && found < 1e9) return found;
    throw wrong(name, "a positive number", args.get(name));
  };
  const depth = count("depth", 4, 1, 6);
  const sampleRate = count("samplerate", 44_100, 1, 1_000_000);
  if (count("norm_starts", 4, 0, 64) < depth) {
    throw wrong(
      "norm_starts",
      `at least depth (${depth}); smaller values are not implemented`,
      args.get("norm_starts"),
    );
  }
  return checkTogether({
    sources: sourceNames(args.get("sources")),
    audioChannels: count("audio_channels", 2, 1, 16),
    channels: count("channels", 48, 1, 1024),
    growth: count("growth", 2, 1, 4),
    depth,
    nfft: count("nfft", 4096, 16, 65_536),
    freqEmb: real("freq_emb", 0.2),
    embScale: real("emb_scale", 10),
    dconvDepth: count("dconv_depth", 2, 1, 8),
    dconvComp: count("dconv_comp", 8, 1, 1024),
    bottomChannels: count("bottom_channels", 0, 0, 8192),
    tLayers: count("t_layers", 5, 1, 32),
    tHeads: count("t_heads", 8, 1, 64),
    tHiddenScale: real("t_hidden_scale", 4),
    tMaxPeriod: real("t_max_period", 10_000),
    tWeightPosEmbed: real("t_weight_pos_embed", 1),
    sampleRate,
    segmentSamples: Math.floor(real("segment", 10) * sampleRate + 1e-6),
  });
}

/** Configuration of the published `htdemucs`. */
export const PUBLISHED_HTDEMUCS: HtdemucsConfiguration = parseHtdemucsConfiguration(
  PUBLISHED_ARGUMENTS,
);

/** Returns the channels of each encoder's output. */
export function encoderChannels({ channels, growth, depth }: HtdemucsConfiguration): number[] {
  return Array.from({ length: depth }, (_, level) => channels * growth ** level);
}

/** Returns the channels of the transformer. */
export function transformerChannels(configuration: HtdemucsConfiguration): number {
  return configuration.bottomChannels || encoderChannels(configuration).at(-1)!;
}

/** Returns the frames of a segment's spectrogram. */
export function segmentFrames({ segmentSamples, nfft }: HtdemucsConfiguration): number {
  return Math.ceil(segmentSamples / (nfft / 4));
}

function argumentsOf(kwargs: unknown): Map<unknown, unknown> {
  if (kwargs instanceof Map) return kwargs;
  if (typeof kwargs === "object" && kwargs !== null && !Array.isArray(kwargs)) {
    return new Map(Object.entries(kwargs));
  }
  throw new ModelError(
    "configuration",
    `Expected a dictionary of HTDemucs arguments, but got ${show(kwargs)}`,
  );
}

function sourceNames(value: unknown): string[] {
  const names = value instanceof PickleTuple ? value.items : value;
  const fits = Array.isArray(names) && names.length >= 1 && names.length <= 16 &&
    names.every((name) => typeof name === "string") && new Set(names).size === names.length;
  if (fits) return names as string[];
  throw wrong("sources", "a list of 1 to 16 different names", value);
}

function checkTogether(configuration: HtdemucsConfiguration): HtdemucsConfiguration {
  const { nfft, depth, tHeads, dconvComp, channels } = configuration;
  if (nfft % (2 * STRIDE ** depth) !== 0 || nfft / 2 / STRIDE ** (depth - 1) <= KERNEL) {
    throw wrong(
      "nfft",
      `a multiple of ${
        2 * STRIDE ** depth
      } that leaves more than ${KERNEL} frequencies for the last of ${depth} encoders`,
      nfft,
    );
  }
  const width = transformerChannels(configuration);
  if (width % 4 !== 0 || width % tHeads !== 0) {
    throw wrong("bottom_channels", `a multiple of 4 and of t_heads (${tHeads})`, width);
  }
  if (dconvComp > channels) throw wrong("dconv_comp", `at most channels (${channels})`, dconvComp);
  if (configuration.segmentSamples < nfft) {
    throw wrong("segment", `at least nfft (${nfft}) samples`, configuration.segmentSamples);
  }
  return configuration;
}

function asNumber(value: unknown): unknown {
  return value instanceof TorchFraction ? value.numerator / value.denominator : value;
}

function wrong(name: string, expected: string, found: unknown): ModelError {
  return new ModelError(
    "configuration",
    `HTDemucs argument ${name} must be ${expected}, but is ${show(found)}`,
  );
}

function show(value: unknown): string {
  if (value instanceof TorchFraction) return `${value.numerator}/${value.denominator}`;
  return value instanceof Map ? "a dictionary" : JSON.stringify(value) ?? String(value);
}
