/**
 * The native kernels: decoding, separation, spectrogram, networks, beat decoder.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { decodeBeats } from "./mod.ts";
 * // One frame in fifty is a beat, one in two hundred a downbeat.
 * const activations = new Float32Array(2 * 600).fill(0.01);
 * for (let frame = 0; frame < 600; frame += 50) activations[2 * frame + Number(frame % 200 === 0)] = 0.9;
 * const { times, positions } = await decodeBeats(activations, 0.05);
 * ok(times[1] === 0.5 && positions[0] === 1);
 * ```
 *
 * @module
 */

export {
  ALL_SAMPLES,
  type AudioSamples,
  type DecodedAudio,
  type DecodedStem,
  type Levels,
  openAudio,
  type OpenFile,
  openStem,
  type SampleRange,
  takeAudio,
  UnreadFormatError,
} from "./audio.ts";
export { type Handle, hasBf16, KernelError, KernelLoadError } from "./binding.ts";
export * from "./counters.ts";
export * from "./decoder_options.ts";
export * from "./flac.ts";
export * from "./metrical.ts";
export * from "./networks.ts";
export {
  ensureKernels,
  KERNELS_VERSION,
  kernelsFile,
  type Processor,
  processor,
} from "./processor.ts";
export { recordSeams, type SeamDType, type SeamRecorder } from "./seams.ts";
export * from "./overlap.ts";
export * from "./precision.ts";
export * from "./separation.ts";
export * from "./spectrogram.ts";
export * from "./streams.ts";
