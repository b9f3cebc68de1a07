/**
 * librosa's log-mel spectrogram in TypeScript.
 *
 *     deno run --allow-read --allow-write log_mel.ts INPUT OUT SEAMS [--off-by-one]
 *
 * INPUT is a mono 16-bit WAV file of 16 kHz. OUT gets power.npy, mel.npy, decibels.npy, the inner seams edges.npy and
 * weights.npy of the filterbank, and timings.jsonl. A stage starts from a seam in the folder SEAMS where it has one. `--off-by-one` plants a mistake in the filterbank.
 *
 * @module
 */

import { type FloatArray, Seams } from "../npy.ts";

const RATE = 16_000;
const FRAME = 512;
const HOP = 256;
const BANDS = 40;
const BINS = FRAME / 2 + 1;

const [input = "", out = "", given = "", ...flags] = Deno.args;
const offByOne = flags.includes("--off-by-one") ? 1 : 0;
const seams = new Seams(out, given);
const samples = samplesOf(await Deno.readFile(input));
const { power } = await seams.stage("stft", () => ({ power: stft(samples) }));
const { mel } = await seams.stage("filterbank", () => filterbank(power));
await seams.stage("logarithm", () => ({ decibels: decibels(mel) }));

/** Returns the samples after the canonical header, full scale 1. */
function samplesOf(file: Uint8Array): Float64Array {
  const words = new Int16Array(file.buffer.slice(44));
  return Float64Array.from(words, (word) => word / 32_768);
}

/** Returns the squared magnitudes `[bins, frames]` of frames centred on multiples of the hop, zeros outside. */
function stft(samples: Float64Array): FloatArray {
  const frames = 1 + Math.floor(samples.length / HOP);
  const data = new Float32Array(BINS * frames);
  const window = Float64Array.from(
    { length: FRAME },
    (_, at) => 0.5 - 0.5 * Math.cos(2 * Math.PI * at / FRAME),
  );
  const cosines = Float64Array.from(
    { length: FRAME },
    (_, at) => Math.cos(2 * Math.PI * at / FRAME),
  );
  const sines = Float64Array.from({ length: FRAME }, (_, at) => Math.sin(2 * Math.PI * at / FRAME));
  for (let frame = 0; frame < frames; frame++) {
    const first = frame * HOP - FRAME / 2;
    const windowed = window.map((weight, at) => weight * (samples[first + at] ?? 0));
    for (let bin = 0; bin < BINS; bin++) {
      let [real, imaginary] = [0, 0];
      for (let at = 0; at < FRAME; at++) {
        const turn = bin * at % FRAME;
        real += windowed[at]! * cosines[turn]!;
        imaginary += windowed[at]! * sines[turn]!;
      }
      data[bin * frames + frame] = real * real + imaginary * imaginary;
    }
  }
  return { shape: [BINS, frames], data };
}

/**
 * Returns the power `[bands, frames]` in Slaney's mel bands, whose triangles have equal areas; and what it is computed from,
 * the edges `[bands + 2]` in Hz and the weights `[bands, bins]`.
 */
function filterbank(
  { shape: [, frames = 0], data }: FloatArray,
): Record<"edges" | "weights" | "mel", FloatArray> {
  const top = melOf(RATE / 2);
  const edges = Float64Array.from(
    { length: BANDS + 2 },
    (_, at) => hertzOf(top * at / (BANDS + 1)),
  );
  const [mel, all] = [new Float32Array(BANDS * frames), new Float32Array(BANDS * BINS)];
  for (let band = 0; band < BANDS; band++) {
    const [low, centre, high] = [edges[band]!, edges[band + 1]!, edges[band + 2]!];
    const weights = Float64Array.from({ length: BINS }, (_, bin) => {
      const hertz = (bin + offByOne) * RATE / FRAME;
      const rise = (hertz - low) / (centre - low);
      const fall = (high - hertz) / (high - centre);
      return Math.max(0, Math.min(rise, fall)) * 2 / (high - low);
    });
    all.set(weights, band * BINS);
    for (let frame = 0; frame < frames; frame++) {
      let sum = 0;
      for (let bin = 0; bin < BINS; bin++) sum += weights[bin]! * data[bin * frames + frame]!;
      mel[band * frames + frame] = sum;
    }
  }
  return {
    edges: { shape: [BANDS + 2], data: Float32Array.from(edges) },
    weights: { shape: [BANDS, BINS], data: all },
    mel: { shape: [BANDS, frames], data: mel },
  };
}

/** Returns decibels, at most 80 below the largest. */
function decibels({ shape, data }: FloatArray): FloatArray {
  const levels = Float64Array.from(data, (power) => 10 * Math.log10(Math.max(1e-10, power)));
  const floor = levels.reduce((a, b) => Math.max(a, b), -Infinity) - 80;
  return { shape, data: Float32Array.from(levels, (level) => Math.max(level, floor)) };
}

/** Slaney's mel scale: linear below 1 kHz, logarithmic above. */
function melOf(hertz: number): number {
  return hertz < 1000 ? 3 * hertz / 200 : 15 + 27 * Math.log(hertz / 1000) / Math.log(6.4);
}

function hertzOf(mel: number): number {
  return mel < 15 ? 200 * mel / 3 : 1000 * Math.exp((mel - 15) * Math.log(6.4) / 27);
}
