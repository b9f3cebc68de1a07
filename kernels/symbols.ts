/**
 * The functions of the Rust library, as `src/ffi/` declares them.
 *
 * @module
 */

/** The version of the functions that this file was written for. */
export const ABI_VERSION = 11;

/** Parameters and result of each function. */
export const SYMBOLS = {
  tactus_abi_version: { parameters: [], result: "u32" },
  tactus_error_message: { parameters: ["i32", "buffer", "usize"], result: "usize" },
  tactus_audio_open: {
    parameters: ["buffer", "usize", "u32", "buffer", "usize", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  tactus_audio_read: {
    parameters: ["u64", "buffer", "usize"],
    result: "i32",
    nonblocking: true,
  },
  tactus_audio_close: { parameters: ["u64"], result: "void" },
  tactus_stem_open: {
    parameters: ["buffer", "usize", "u32", "usize", "buffer", "usize", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  tactus_stem_read: {
    parameters: ["u64", "usize", "usize", "buffer", "usize"],
    result: "i32",
    nonblocking: true,
  },
  tactus_stem_spectrogram: {
    parameters: ["u64", "usize", "buffer", "usize"],
    result: "i32",
    nonblocking: true,
  },
  tactus_stem_close: { parameters: ["u64"], result: "void" },
  tactus_separation_open: {
    parameters: ["buffer", "usize", "buffer", "usize", "usize", "buffer", "usize", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  tactus_hpss_open: {
    parameters: ["buffer", "usize", "usize", "buffer", "usize", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  tactus_hpss_step: {
    parameters: ["u64", "buffer", "usize"],
    result: "i32",
    nonblocking: true,
  },
  tactus_separation_input: {
    parameters: [
      ...["u64", "usize"] as const,
      ...["buffer", "usize", "buffer", "usize", "buffer", "usize"] as const,
    ],
    result: "i32",
    nonblocking: true,
  },
  tactus_separation_output: {
    parameters: ["u64", "usize", "buffer", "usize", "buffer", "usize"],
    result: "i32",
    nonblocking: true,
  },
  tactus_separation_stem: {
    parameters: ["u64", "usize", "buffer", "usize", "buffer", "usize"],
    result: "i32",
    nonblocking: true,
  },
  tactus_separation_mono: {
    parameters: ["u64", "usize", "buffer", "usize", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  tactus_separation_close: { parameters: ["u64"], result: "void" },
  tactus_htdemucs_open: {
    parameters: ["buffer", "usize", "buffer", "usize", "usize", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  tactus_htdemucs_run: {
    parameters: [
      ...["u64"] as const,
      ...["buffer", "usize", "buffer", "usize", "buffer", "usize", "buffer", "usize"] as const,
      ...["u32"] as const,
    ],
    result: "i32",
    nonblocking: true,
  },
  tactus_htdemucs_seam: {
    parameters: ["u64", "buffer", "usize", "buffer", "usize"],
    result: "i32",
    nonblocking: true,
  },
  tactus_htdemucs_close: { parameters: ["u64"], result: "void" },
  tactus_network_open: {
    parameters: ["buffer", "usize", "usize", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  tactus_network_add_fold: {
    parameters: ["u64", "buffer", "usize", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  tactus_network_run: {
    parameters: [
      ...["u64", "usize"] as const,
      ...["buffer", "usize", "buffer", "usize", "buffer", "usize", "u32"] as const,
    ],
    result: "i32",
    nonblocking: true,
  },
  tactus_network_seam: {
    parameters: ["u64", "buffer", "usize", "buffer", "usize"],
    result: "i32",
    nonblocking: true,
  },
  tactus_network_close: { parameters: ["u64"], result: "void" },
  tactus_spectrogram: {
    parameters: ["buffer", "usize", "usize", "buffer", "usize"],
    result: "i32",
    nonblocking: true,
  },
  tactus_spectrogram_steps: {
    parameters: [
      ...["buffer", "usize", "usize", "buffer"] as const,
      ...["buffer", "usize", "buffer", "usize", "buffer", "usize"] as const,
    ],
    result: "i32",
    nonblocking: true,
  },
  tactus_beats_steps: {
    parameters: ["buffer", "usize", "f64", "buffer", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  tactus_beats: {
    parameters: ["buffer", "usize", "f64", "buffer", "buffer", "usize", "buffer"],
    result: "i32",
    nonblocking: true,
  },
} as const;
