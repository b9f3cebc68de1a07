/**
 * Faults of the separation: its transforms, its network, and the joining and rounding of stems.
 *
 * @module
 */

import type { Fault } from "../fault.ts";

const SEPARATION = "kernels/src/separation";
const NETWORK = "kernels/src/htdemucs";
const expected = "demix";

/** Faults that the stage `demix` has to fail for. */
export const DEMIX_FAULTS: readonly Fault[] = [
  {
    name: "the window of the separation's Fourier transform is a sample short",
    file: `${SEPARATION}/spectrum.rs`,
    find: "TAU * sample as f64 / FRAME_SAMPLES as f64;",
    put: "TAU * sample as f64 / (FRAME_SAMPLES - 1) as f64;",
    expected,
  },
  {
    name: "the end of a segment is mirrored with its last sample repeated",
    file: `${SEPARATION}/spectrum.rs`,
    find: "if at > last { 2 * last - at }",
    put: "if at > last { 2 * last - at + 1 }",
    expected,
  },
  {
    name: "segments are joined with squared instead of triangular weights",
    file: `${SEPARATION}/plan.rs`,
    find: "height as f64 / (SEGMENT_SAMPLES - half) as f64",
    put: "(height as f64 / (SEGMENT_SAMPLES - half) as f64).powi(2)",
    expected,
  },
  {
    name: "a segment's deviation is left without the 1e-5 that upstream adds",
    file: `${SEPARATION}/normalisation.rs`,
    find: "SEGMENT_FLOOR: f64 = 1e-5;",
    put: "SEGMENT_FLOOR: f64 = 0.0;",
    expected,
  },
  {
    name: "bass and drums are swapped",
    file: `${SEPARATION}/mod.rs`,
    find: "[1, 0, 2, 3];",
    put: "[0, 1, 2, 3];",
    expected,
  },
  {
    name: "the deepest skip connection of the spectrogram's branch is missing",
    file: `${NETWORK}/network.rs`,
    find: "            x.add_to(context, skip);",
    put: "            skip.values_mut().fill(0.0);\n            x.add_to(context, skip);",
    expected,
  },
  {
    name: "the frequency embedding is not scaled",
    file: `${NETWORK}/network.rs`,
    find: "configuration.freq_emb * configuration.emb_scale;",
    put: "configuration.freq_emb;",
    expected,
  },
  {
    name: "all wave encoders but the first are in single instead of double precision",
    file: `${NETWORK}/network.rs`,
    find: "DOUBLE_ENCODERS: usize = 3;",
    put: "DOUBLE_ENCODERS: usize = 1;",
    expected,
  },
  {
    name: "the LayerScale leaves out the biases of a transformer layer",
    file: `${NETWORK}/transformer_layer.rs`,
    find: "|o| f64::from(scale[o]) * f64::from(bias[o]),",
    put: "|o| f64::from(bias[o]),",
    expected,
  },
  {
    name: "the second layer of a residual branch is not dilated",
    file: `${NETWORK}/branch_layer.rs`,
    find: "dilation: 1 << index,",
    put: "dilation: 1 << (0 * index),",
    expected,
  },
  {
    name: "16 bit are reached by truncation instead of rounding half to even",
    file: "kernels/src/stems16.rs",
    find: "((near + NO_FRACTION) - NO_FRACTION) as i16",
    put: "near as i16",
    expected,
  },
  {
    name: "a stem that is too loud for 16 bit is clipped instead of rescaled",
    file: "kernels/src/stems16.rs",
    find: "(1.01 * f64::from(peak)).max(1.0)",
    put: "(0.0 * f64::from(peak)).max(1.0)",
    expected,
  },
  {
    name: "full scale of a rounded stem is 32767 instead of 32768",
    file: "kernels/src/stems16.rs",
    find: "f64::from(sample) / divisor * 32_768.0",
    put: "f64::from(sample) / divisor * 32_767.0",
    expected,
  },
];
