/**
 * Spectrograms of stems.
 *
 * @module
 */

import { invoke } from "./binding.ts";
import { recorderHandle, type SeamRecorder } from "./seams.ts";

/**
 * Computes the spectrogram of one stem.
 *
 * @param stem `[channels, samples]` i16, 44.1 kHz, in C order
 * @param channels number of channels
 * @param output receives `[frames, 81]` f32, log10(1 + magnitude); frames = ceil(samples / 441)
 * @param recorder records `mono` `[samples]` i16, the mean of the channels; `windowed` `[frames, 2048]` f64, full
 * scale 1.0; `magnitude` `[frames, 1024]` f64, zeros in bins that no filter covers; `filtered` `[frames, 81]` f64
 * @param signal aborts the computation
 * @throws {KernelError} if there are no samples or `output` has another length
 */
export async function computeSpectrogram(
  stem: Int16Array,
  channels: number,
  output: Float32Array,
  recorder?: SeamRecorder,
  signal?: AbortSignal,
): Promise<void> {
  await invoke("tactus_spectrogram", stem, channels, output, recorderHandle(recorder), signal);
}
