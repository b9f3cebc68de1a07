/**
 * Faults of the spectrogram.
 *
 * @module
 */

import type { Fault } from "../fault.ts";

const FOLDER = "kernels/src/spectrogram";
const expected = "spectrogram";

/** Faults that the stage `spectrogram` has to fail for. */
export const SPECTROGRAM_FAULTS: readonly Fault[] = [
  {
    name: "the window is periodic instead of symmetric",
    file: `${FOLDER}/mod.rs`,
    find: "(0.5 + 0.5 * (step * phase).cos()) / full_scale",
    put: "(0.5 + 0.5 * (step * (phase + phase / (FRAME_SAMPLES - 1) as f64)).cos()) / full_scale",
    expected,
  },
  {
    name: "the hop is 440 instead of 441 samples",
    file: `${FOLDER}/mod.rs`,
    find: "(index * HOP_SAMPLES) as i64 - (FRAME_SAMPLES / 2) as i64",
    put: "(index * (HOP_SAMPLES - 1)) as i64 - (FRAME_SAMPLES / 2) as i64",
    expected,
  },
  {
    name: "full scale of 16 bit is 32768 instead of 32767",
    file: `${FOLDER}/mod.rs`,
    find: "let full_scale = f64::from(i16::MAX);",
    put: "let full_scale = 32_768.0;",
    expected,
  },
  {
    name: "the centre of one filter is a bin too high",
    file: `${FOLDER}/filterbank.rs`,
    find: "    centres.dedup();\n",
    put: "    centres.dedup();\n    centres[60] += 1;\n",
    expected,
  },
  {
    name: "log10(e) has five digits",
    file: `${FOLDER}/logarithm.rs`,
    find: "series * std::f64::consts::LOG10_E",
    put: "series * 0.43429",
    expected,
  },
  {
    name: "the mean of both channels is rounded down instead of toward zero",
    file: `${FOLDER}/mono.rs`,
    find: "((i32::from(left) + i32::from(right)) / 2) as i16",
    put: "((i32::from(left) + i32::from(right)) >> 1) as i16",
    expected,
  },
  {
    name: "the last frame is missing",
    file: "pipeline/spectrogram.ts",
    find: `  return tensor("f32", [count, frames, BANDS], output);`,
    put: `  const cut = output.filter((_, at) => Math.floor(at / BANDS) % frames < frames - 1);
  return tensor("f32", [count, frames - 1, BANDS], cut);`,
    expected,
  },
];
