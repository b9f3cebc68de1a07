/**
 * Analyses without a network, for tests of what is written from them.
 *
 * @module
 */

import { type Tensor, tensor } from "../../core/tensor.ts";
import type { AnalyzedTrack } from "../../pipeline/analyze_track.ts";
import { LABELS } from "../../pipeline/functional.ts";
import type { AnalysisResult } from "../../pipeline/result.ts";
import { SAMPLE_RATE_HZ } from "../../pipeline/spectrogram.ts";
import { noise } from "./wav.ts";

/** What an analysis holds. */
export interface ExampleOptions {
  readonly path?: string;
  readonly seconds?: number;
  readonly beats?: readonly number[];
  readonly segments?: AnalysisResult["segments"];
  /** Channels of the stems; 0 where only the spectrogram is kept. */
  readonly stemChannels?: 0 | 1 | 2;
  /** Whether other and vocals are the mix itself. */
  readonly mixIsOther?: boolean;
}

/** An analysis and the mix that it is of. */
export interface Example {
  readonly analyzed: AnalyzedTrack;
  /** `[2, samples]` f32: a short burst at each beat. */
  readonly mixture: Tensor<"f32">;
}

/** Returns an analysis with a beat each half second and bars of four. */
export function exampleTrack(options: ExampleOptions = {}): Example {
  const { path = "/music/example.wav", seconds = 12, stemChannels = 1 } = options;
  const beats = options.beats ??
    Array.from({ length: Math.floor(seconds / 0.5) }, (_, i) => 0.25 + i / 2);
  const segments = options.segments ?? [
    { start: 0, end: 0.01, label: "start" },
    { start: 0.01, end: seconds / 3, label: "intro" },
    { start: seconds / 3, end: 2 * seconds / 3, label: "verse" },
    { start: 2 * seconds / 3, end: seconds, label: "chorus" },
  ];
  const positions = beats.map((_, beat) => beat % 4 + 1);
  const samples = Math.round(seconds * SAMPLE_RATE_HZ);
  const frames = Math.ceil(samples / 441);
  const mixture = tensor("f32", [2, samples], bursts(samples, beats));
  const peaks = (isPeak: (beat: number) => boolean): Tensor<"f32"> => {
    const data = new Float32Array(frames);
    for (const [beat, time] of beats.entries()) {
      if (isPeak(beat)) data[Math.min(frames - 1, Math.round(time * 100))] = 0.9;
    }
    return tensor("f32", [frames], data);
  };
  const boundary = new Float32Array(frames);
  for (const { start } of segments) boundary[Math.min(frames - 1, Math.round(start * 100))] = 0.7;
  const labels = new Float32Array(10 * frames);
  for (const { start, end, label } of segments) {
    const row = LABELS.findIndex((one) => one === label);
    labels.fill(0.8, row * frames + Math.round(start * 100), row * frames + Math.round(end * 100));
  }
  const seams = {
    ...(stemChannels > 0 && {
      stems16: stems(mixture, stemChannels as 1 | 2, options.mixIsOther ?? false),
    }),
    spectrogram: tensor("f32", [4, frames, 81], new Float32Array(4 * frames * 81).fill(0.3)),
    "activations.beat": peaks(() => true),
    "activations.downbeat": peaks((beat) => positions[beat] === 1),
    "activations.section": tensor("f32", [frames], boundary),
    "activations.function": tensor("f32", [10, frames], labels),
  };
  const result = {
    ...{ path, bpm: beats.length < 2 ? null : 120, beats: [...beats], beat_positions: positions },
    downbeats: beats.filter((_, beat) => positions[beat] === 1),
    segments,
    provenance: { model: "embedded", demixer: "hpss", mix: { codec: "pcm_s16le" }, part: null },
  };
  const track = { path, name: "example" };
  const analyzed = {
    ...{ track, result, seams, startSeconds: 0, durationSeconds: seconds },
    ...{ warnings: [], notes: [] },
  };
  return { analyzed: analyzed as unknown as AnalyzedTrack, mixture };
}

/** Returns two channels of faint noise with a burst of 5 ms at each time. */
function bursts(samples: number, times: readonly number[]): Float32Array {
  const hiss = noise(Math.min(2 * samples, 20 * SAMPLE_RATE_HZ)).map((value) => value / 500);
  const data = new Float32Array(2 * samples);
  for (let at = 0; at < data.length; at += hiss.length) {
    data.set(hiss.subarray(0, data.length - at), at);
  }
  for (const channel of [0, 1]) {
    for (const time of times) {
      const start = Math.round(time * SAMPLE_RATE_HZ);
      for (let i = start; i < Math.min(samples, start + 220); i++) {
        data[channel * samples + i] = i % 2 === 0 ? 0.7 : -0.7;
      }
    }
  }
  return data;
}

/** Returns stems of which the second is the mix and the others are tones; or two that are the mix. */
function stems(mixture: Tensor<"f32">, channels: 1 | 2, mixIsOther: boolean): Tensor<"i16"> {
  const samples = mixture.shape[1] ?? 0;
  const data = new Int16Array(4 * channels * samples);
  for (let stem = 0; stem < 4; stem++) {
    for (let i = 0; i < channels * samples; i++) {
      const isMix = stem === 1 || mixIsOther && stem > 1;
      const value = isMix
        ? mixture.data[i]! / (stem === 1 ? 2 : 1)
        : 0.1 * Math.sin(2 * Math.PI * 110 * (stem + 1) * (i % samples) / SAMPLE_RATE_HZ);
      data[stem * channels * samples + i] = Math.round(value * 32767);
    }
  }
  return tensor("i16", [4, channels, samples], data);
}
