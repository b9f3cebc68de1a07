/**
 * The only file that calls into the Rust library.
 *
 * Every call runs on a thread of Deno's pool, so the event loop goes on meanwhile. The arrays that a
 * call reads or writes are kept alive until its promise settles; they must not be resized or
 * transferred before.
 *
 * @module
 */

import { elementCount, type Tensor, tensor } from "../core/tensor.ts";
import { libraryPath } from "./library_path.ts";
import { ABI_VERSION, SYMBOLS } from "./symbols.ts";

type Library = Deno.DynamicLibrary<typeof SYMBOLS>;

/** A kernel could not be loaded or refused its input; the message is the kernel's own. */
export class KernelError extends Error {
  /** The class's name, for those who read errors as text. */
  override name = "KernelError";
}

/** The library of the kernels cannot be used at all. */
export class KernelLoadError extends KernelError {
  /** The class's name, for those who read errors as text. */
  override name = "KernelLoadError";
}

let library: Library | undefined;

/** Loads the library on first use. */
function symbols(): Library["symbols"] {
  library ??= load();
  return library.symbols;
}

function load(): Library {
  const path = libraryPath();
  let opened: Library;
  try {
    opened = Deno.dlopen(path, SYMBOLS);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KernelLoadError(
      `Could not load the kernels, ${path}: ${reason}; delete the file and run deno task kernels`,
      { cause },
    );
  }
  const version = opened.symbols.tactus_abi_version();
  if (version !== ABI_VERSION) {
    opened.close();
    throw new KernelLoadError(
      `The kernels, ${path}, have interface version ${version}, but ${ABI_VERSION} is expected; ` +
        "delete the file and run deno task kernels",
    );
  }
  return opened;
}

/** Turns a status into an error with the kernel's message. */
function check(status: number): void {
  if (status === 0) return;
  const buffer = new Uint8Array(64 * 1024);
  const length = symbols().tactus_error_message(status, buffer, BigInt(buffer.length));
  throw new KernelError(new TextDecoder().decode(buffer.subarray(0, Number(length))));
}

/** What calls on other threads are reading or writing: the garbage collector must not free it. */
const inUse = new Set<readonly ArrayBufferView[]>();

/** Waits for a call and checks its status, and keeps its arrays alive until then. */
async function settle(status: Promise<number>, ...arrays: ArrayBufferView[]): Promise<void> {
  inUse.add(arrays);
  try {
    check(await status);
  } finally {
    inUse.delete(arrays);
  }
}

/** The length of an array as the kernels take it. */
function size({ length }: { readonly length: number }): bigint {
  return BigInt(length);
}

/** What is known of a file that the kernels hold until it is closed. */
export interface OpenFile {
  /** Number of channels that are held. */
  readonly channels: number;
  /** Samples in each channel, at the rate that was asked for. */
  readonly samples: number;
  /** Short name of the codec, such as `flac`. */
  readonly codec: string;
  /** Sample rate in Hz that the file is stored at. */
  readonly sourceSampleRateHz: number;
  /** Bits a sample of an integer or lossless source; null for lossy and float sources. */
  readonly sourceBits: number | null;
  /** Damage that was survived, and the like; empty for a sound file. */
  readonly warnings: readonly string[];
  /** Frees the memory. */
  close(): void;
}

/** A decoded file with all its channels. */
export interface DecodedAudio extends OpenFile {
  /**
   * The samples as decoded.
   *
   * @returns `[channels, samples]` f32, full scale 1.0
   */
  read(): Promise<Tensor<"f32">>;
}

/** A file decoded to 16 bits, half to even, saturated; of more than two channels the first two. */
export interface DecodedStem extends OpenFile {
  /**
   * Copies samples; past the end there is silence.
   *
   * @param first where to begin
   * @param channels 2, to which a single channel goes twice, or 1, the mean
   * @param output receives `[channels, count]` i16
   */
  read(first: number, channels: 1 | 2, output: Int16Array<ArrayBuffer>): Promise<void>;
  /**
   * Computes the spectrogram of the samples and the silence after them.
   *
   * @param samples length with the silence
   * @param output `[frames, 81]` f32, as of {@linkcode computeSpectrogram}
   * @throws {KernelError} if there are more samples, or `output` has another length
   */
  spectrogram(samples: number, output: Float32Array<ArrayBuffer>): Promise<void>;
}

/**
 * Decodes an audio file, whole, into memory.
 *
 * @param path path of the file
 * @param sampleRateHz the rate that the samples are converted to
 * @returns the decoded file, to be closed by the caller
 * @throws {KernelError} if the file cannot be read, is not audio, or holds no samples
 */
export async function openAudio(path: string, sampleRateHz: number): Promise<DecodedAudio> {
  const call = symbols();
  const { handle, ...file } = await openFile(
    path,
    (bytes, ...output) => call.tactus_audio_open(bytes, size(bytes), sampleRateHz, ...output),
    (handle) => call.tactus_audio_close(handle),
  );
  const shape = [file.channels, file.samples] as const;
  return {
    ...file,
    async read(): Promise<Tensor<"f32">> {
      const output = new Float32Array(elementCount(shape));
      await settle(call.tactus_audio_read(handle, output, size(output)), output);
      return tensor("f32", shape, output);
    },
  };
}

/**
 * Decodes an audio file to 16 bits, which takes half of the memory or less.
 *
 * @param path path of the file
 * @param sampleRateHz the rate that the samples are converted to
 * @param mostStereo of a file with more samples only the mean of both channels is held
 * @returns the decoded file, to be closed by the caller
 * @throws {KernelError} as {@linkcode openAudio}
 */
export async function openStem(
  path: string,
  sampleRateHz: number,
  mostStereo: number,
): Promise<DecodedStem> {
  const call = symbols();
  const most = BigInt(mostStereo);
  const { handle, ...file } = await openFile(
    path,
    (bytes, ...output) => call.tactus_stem_open(bytes, size(bytes), sampleRateHz, most, ...output),
    (handle) => call.tactus_stem_close(handle),
  );
  return {
    ...file,
    async read(first, channels, output): Promise<void> {
      const count = BigInt(Math.floor(output.length / channels));
      const status = call.tactus_stem_read(handle, BigInt(first), BigInt(channels), output, count);
      await settle(status, output);
    },
    async spectrogram(samples, output): Promise<void> {
      const length = BigInt(samples);
      await settle(call.tactus_stem_spectrogram(handle, length, output, size(output)), output);
    },
  };
}

/** Where the kernels write what is known of a file. */
type FileOutput = readonly [
  description: Uint8Array<ArrayBuffer>,
  capacity: bigint,
  numbers: BigUint64Array<ArrayBuffer>,
];

/** Opens a file by `open` and reads its description; where that cannot be read, closes it. */
async function openFile(
  path: string,
  open: (path: Uint8Array<ArrayBuffer>, ...output: FileOutput) => Promise<number>,
  close: (handle: bigint) => void,
): Promise<OpenFile & { readonly handle: bigint }> {
  const bytes = new TextEncoder().encode(path);
  const description = new Uint8Array(64 * 1024);
  const numbers = new BigUint64Array(4);
  await settle(
    open(bytes, description, size(description), numbers),
    ...[bytes, description, numbers],
  );
  const [handle = 0n, channels = 0n, samples = 0n, length = 0n] = numbers;
  const text = new TextDecoder().decode(description.subarray(0, Number(length)));
  return {
    handle,
    ...describe(text, () => close(handle)),
    channels: Number(channels),
    samples: Number(samples),
    close: () => close(handle),
  };
}

type Description = Pick<
  OpenFile,
  "codec" | "sourceSampleRateHz" | "sourceBits" | "warnings"
>;

/** Reads the description of a decoded file; where it cannot be read, the file is closed. */
function describe(text: string, close: () => void): Description {
  try {
    return JSON.parse(text);
  } catch (cause) {
    close();
    throw new KernelError("A decoded file has too many warnings to be described", { cause });
  }
}

/**
 * Computes the spectrogram of one stem.
 *
 * @param stem `[channels, samples]` i16, 44.1 kHz, in C order
 * @param channels number of channels
 * @param output `[frames, 81]` f32, log10(1 + magnitude); frames = ceil(samples / 441)
 * @throws {KernelError} if there are no samples or `output` has another length
 */
export async function computeSpectrogram(
  stem: Int16Array<ArrayBuffer>,
  channels: number,
  output: Float32Array<ArrayBuffer>,
): Promise<void> {
  const samples = channels === 0 ? 0 : stem.length / channels;
  await settle(
    symbols().tactus_spectrogram(
      stem,
      BigInt(channels),
      BigInt(samples),
      output,
      size(output),
    ),
    ...[stem, output],
  );
}

/** Samples that the separation network sees at a time, at 44.1 kHz. */
export const SEGMENT_SAMPLES = 343_980;

/** Shape of a segment's spectrum for one channel part: bins, frames. */
export const SEGMENT_SPECTRUM: readonly [bins: number, frames: number] = [2048, 336];

/** A mixture that is being separated, held by the kernels until it is closed. */
export interface SeparatedStems {
  /**
   * Takes a stem out when the whole mixture is separated, and frees it; of a separation that keeps floats.
   *
   * @param stem 0 to 3: bass, drums, other, vocals
   * @param rounded receives `[2, samples]` i16 as upstream saves them: divided by 1.01 times the
   * stem's peak where that is above full scale, then rounded half to even and saturated
   * @param exact receives `[2, samples]` f32, full scale 1.0
   * @throws {KernelError} if a part is missing or the stem was taken before
   */
  stem(
    stem: number,
    rounded: Int16Array<ArrayBuffer>,
    exact?: Float32Array<ArrayBuffer>,
  ): Promise<void>;
  /**
   * Takes a mono stem out when what is wanted of the mixture is separated, and frees it; of a separation for
   * mono stems.
   *
   * @param stem 0 to 3: bass, drums, other, vocals
   * @param mono receives `[samples]` i16, as many as are wanted: the mean of left and right, rounded as for
   * {@linkcode SeparatedStems.stem}
   * @throws {KernelError} if a part is missing or the stem was taken before
   */
  mono(stem: number, mono: Int16Array<ArrayBuffer>): Promise<TakenMono>;
  /** Frees the memory. */
  close(): void;
}

/** That only mono stems of 16 bit are wanted, which take a quarter of the memory. */
export interface MonoStems {
  /** How many samples, from the first on. */
  readonly samples: number;
  /** By what each stem is divided before it is rounded, where a separation of the same mixture has shown it. */
  readonly divisors?: readonly number[];
}

/** What is to know of a mono stem that was taken out. */
export interface TakenMono {
  /** What the stem was divided by before it was rounded: 1.01 times its peak, and at least 1. */
  readonly divisor: number;
  /**
   * How many samples, from the first on, were rounded before the peak was known and are wrong: they are to be
   * separated again, with the divisors.
   */
  readonly stale: number;
}

/** A mixture that is separated without a network. */
export interface HpssSeparation extends SeparatedStems {
  /** How often `step` is to be called. */
  readonly steps: number;
  /** Separates the next part of the mixture. */
  step(): Promise<void>;
}

/** A mixture on its way through the separation network. */
export interface Separation extends SeparatedStems {
  /** Passes of the network that the mixture needs. */
  readonly segments: number;
  /**
   * Computes what the network is fed for one segment.
   *
   * @param index of the segment
   * @param wave receives `[2, 343980]` f32, normalised
   * @param spectrum receives `[4, 2048, 336]` f32, normalised; real and imaginary part of left, right
   */
  input(
    index: number,
    wave: Float32Array<ArrayBuffer>,
    spectrum: Float32Array<ArrayBuffer>,
  ): Promise<void>;
  /**
   * Joins the network's outputs for one segment to the stems; segments come in order.
   *
   * @param index of the segment, whose input was asked for before
   * @param wave `[4, 2, 343980]` f32; drums, bass, other, vocals
   * @param spectrum `[4, 4, 2048, 336]` f32
   */
  output(
    index: number,
    wave: Float32Array<ArrayBuffer>,
    spectrum: Float32Array<ArrayBuffer>,
  ): Promise<void>;
}

/**
 * Prepares the separation of a mixture.
 *
 * @param mixture `[2, samples]` f32, full scale 1.0, 44.1 kHz, in C order
 * @param shifts for each pass over the mixture the samples, 0 to 22050, that upstream's random shift
 * moves the segments by, or null for none; the stems are the mean of the passes
 * @param mono where mono stems are wanted and no floats: for a single pass
 * @returns the separation, to be closed by the caller
 * @throws {KernelError} if there are no samples
 */
export async function openSeparation(
  mixture: Float32Array<ArrayBuffer>,
  shifts: readonly (number | null)[],
  mono?: MonoStems,
): Promise<Separation> {
  const numbers = new BigUint64Array(2);
  const divisors = Float64Array.from(mono?.divisors ?? []);
  const offsets = Int32Array.from(shifts, (shift) => shift ?? -1);
  const call = symbols();
  const samples = BigInt(mixture.length / 2);
  await settle(
    call.tactus_separation_open(
      mixture,
      samples,
      offsets,
      size(offsets),
      BigInt(mono?.samples ?? 0),
      divisors,
      size(divisors),
      numbers,
    ),
    ...[mixture, offsets, divisors, numbers],
  );
  const [handle = 0n, segments = 0n] = numbers;
  return {
    segments: Number(segments),
    async input(index, wave, spectrum): Promise<void> {
      await settle(
        call.tactus_separation_input(
          handle,
          BigInt(index),
          mixture,
          samples,
          wave,
          size(wave),
          spectrum,
          size(spectrum),
        ),
        ...[mixture, wave, spectrum],
      );
    },
    async output(index, wave, spectrum): Promise<void> {
      const at = BigInt(index);
      await settle(
        call.tactus_separation_output(handle, at, wave, size(wave), spectrum, size(spectrum)),
        ...[wave, spectrum],
      );
    },
    ...stemsOf(handle),
  };
}

/**
 * Prepares the separation of a mixture without a network, by median filters.
 *
 * @param mixture `[2, samples]` f32, full scale 1.0, 44.1 kHz; stays as it is until the separation is closed
 * @param mono where mono stems are wanted and no floats
 * @returns the separation, to be closed by the caller
 * @throws {KernelError} if there are no samples
 */
export async function openHpss(
  mixture: Float32Array<ArrayBuffer>,
  mono?: MonoStems,
): Promise<HpssSeparation> {
  const numbers = new BigUint64Array(2);
  const divisors = Float64Array.from(mono?.divisors ?? []);
  const wanted = BigInt(mono?.samples ?? 0);
  const call = symbols();
  const samples = BigInt(mixture.length / 2);
  await settle(
    call.tactus_hpss_open(mixture, samples, wanted, divisors, size(divisors), numbers),
    ...[mixture, divisors, numbers],
  );
  const [handle = 0n, steps = 0n] = numbers;
  return {
    steps: Number(steps),
    async step(): Promise<void> {
      await settle(call.tactus_hpss_step(handle, mixture, samples), mixture);
    },
    ...stemsOf(handle),
  };
}

function stemsOf(handle: bigint): SeparatedStems {
  const call = symbols();
  return {
    async stem(stem, rounded, exact = new Float32Array()): Promise<void> {
      const at = BigInt(stem);
      await settle(
        call.tactus_separation_stem(handle, at, rounded, size(rounded), exact, size(exact)),
        ...[rounded, exact],
      );
    },
    async mono(stem, mono): Promise<TakenMono> {
      const numbers = new Float64Array(2);
      await settle(
        call.tactus_separation_mono(handle, BigInt(stem), mono, size(mono), numbers),
        ...[mono, numbers],
      );
      const [divisor = NaN, stale = NaN] = numbers;
      return { divisor, stale };
    },
    close(): void {
      call.tactus_separation_close(handle);
    },
  };
}

/** A separation network that is computed by the kernels, held by them until it is closed. */
export interface HtdemucsKernel {
  /**
   * Runs one segment.
   *
   * @param wave `[audio channels, samples]` f32, normalised
   * @param spectrum `[2 · audio channels, frequencies, frames]` f32, normalised
   * @param waveOut receives `[sources, audio channels, samples]` f32
   * @param spectrumOut receives `[sources, 2 · audio channels, frequencies, frames]` f32
   * @param keepSeams whether {@linkcode HtdemucsKernel.seam} is to be asked for afterwards
   * @throws {KernelError} if an array has another length
   */
  run(
    wave: Float32Array,
    spectrum: Float32Array,
    waveOut: Float32Array<ArrayBuffer>,
    spectrumOut: Float32Array<ArrayBuffer>,
    keepSeams?: boolean,
  ): Promise<void>;
  /**
   * Copies an inner seam of the last run.
   *
   * @param name such as `encoder.0`; the names are those of `buildHtdemucs()`
   * @param output receives the values, f32
   * @throws {KernelError} if there is none or it has another length
   */
  seam(name: string, output: Float32Array<ArrayBuffer>): Promise<void>;
  /** Frees the memory. */
  close(): void;
}

/**
 * Makes a separation network.
 *
 * @param configuration f64, the values of the fields of `Configuration` in `src/htdemucs/`, in their order
 * @param parameters f32, all of them, in the order of upstream's `state_dict`
 * @param threads number of threads, at least 1
 * @returns the network, to be closed by the caller
 * @throws {KernelError} if the configuration is not one, or the parameters are not of it
 */
export async function openHtdemucs(
  configuration: Float64Array<ArrayBuffer>,
  parameters: Float32Array<ArrayBuffer>,
  threads: number,
): Promise<HtdemucsKernel> {
  const handles = new BigUint64Array(1);
  const call = symbols();
  await settle(
    call.tactus_htdemucs_open(
      configuration,
      size(configuration),
      parameters,
      size(parameters),
      BigInt(threads),
      handles,
    ),
    ...[configuration, parameters, handles],
  );
  const [handle = 0n] = handles;
  return {
    async run(wave, spectrum, waveOut, spectrumOut, keepSeams = false): Promise<void> {
      const [a, b] = [wave as typeof waveOut, spectrum as typeof waveOut];
      const [c, d, seams] = [waveOut, spectrumOut, keepSeams ? 1 : 0];
      await settle(
        call.tactus_htdemucs_run(handle, a, size(a), b, size(b), c, size(c), d, size(d), seams),
        ...[a, b, c, d],
      );
    },
    async seam(name, output): Promise<void> {
      const bytes = new TextEncoder().encode(name);
      await settle(
        call.tactus_htdemucs_seam(handle, bytes, size(bytes), output, size(output)),
        ...[bytes, output],
      );
    },
    close(): void {
      call.tactus_htdemucs_close(handle);
    },
  };
}

/** A music structure network that is computed by the kernels, held by them until it is closed. */
export interface NetworkKernel {
  /**
   * Packs a fold's weights.
   *
   * @param parameters f32, all of them, in the order of upstream's `state_dict`
   * @returns the fold's number
   * @throws {KernelError} if they are not as many as the configuration calls for
   */
  addFold(parameters: Float32Array<ArrayBuffer>): Promise<number>;
  /**
   * Runs a fold on a track.
   *
   * @param fold the fold's number
   * @param spectrogram `[instruments, frames, bands]` f32, at least one frame
   * @param logits receives `[3 + labels, frames]` f32; rows beat, downbeat, section, functions
   * @param embeddings receives `[instruments, frames, width]` f32, or is empty
   * @param keepSeams whether {@linkcode NetworkKernel.seam} is to be asked for afterwards
   * @throws {KernelError} if there is no such fold or an array has another length
   */
  run(
    fold: number,
    spectrogram: Float32Array,
    logits: Float32Array<ArrayBuffer>,
    embeddings: Float32Array<ArrayBuffer>,
    keepSeams?: boolean,
  ): Promise<void>;
  /**
   * Copies an inner seam of the last run.
   *
   * @param name `embedded`, `block.N.time` or `block.N.instruments`
   * @param output receives `[instruments, frames, width]` f32
   * @throws {KernelError} if there is none or it has another length
   */
  seam(name: string, output: Float32Array<ArrayBuffer>): Promise<void>;
  /** Frees the memory. */
  close(): void;
}

/**
 * Makes a music structure network, without weights so far.
 *
 * @param configuration f64, the values of the fields of `Configuration` in `src/all_in_one/`, in their order
 * @param threads number of threads, at least 1
 * @returns the network, to be closed by the caller
 * @throws {KernelError} if the configuration is not one
 */
export async function openNetwork(
  configuration: Float64Array<ArrayBuffer>,
  threads: number,
): Promise<NetworkKernel> {
  const handles = new BigUint64Array(1);
  const call = symbols();
  await settle(
    call.tactus_network_open(configuration, size(configuration), BigInt(threads), handles),
    ...[configuration, handles],
  );
  const [handle = 0n] = handles;
  return {
    async addFold(parameters): Promise<number> {
      const folds = new BigUint64Array(1);
      await settle(
        call.tactus_network_add_fold(handle, parameters, size(parameters), folds),
        ...[parameters, folds],
      );
      return Number(folds[0]);
    },
    async run(fold, spectrogram, logits, embeddings, keepSeams = false): Promise<void> {
      const input = spectrogram as Float32Array<ArrayBuffer>;
      await settle(
        call.tactus_network_run(
          handle,
          BigInt(fold),
          input,
          size(input),
          logits,
          size(logits),
          embeddings,
          size(embeddings),
          keepSeams ? 1 : 0,
        ),
        ...[input, logits, embeddings],
      );
    },
    async seam(name, output): Promise<void> {
      const bytes = new TextEncoder().encode(name);
      await settle(
        call.tactus_network_seam(handle, bytes, size(bytes), output, size(output)),
        ...[bytes, output],
      );
    },
    close(): void {
      call.tactus_network_close(handle);
    },
  };
}

/** Beats in ascending time. */
export interface DecodedBeats {
  /** `[n]` f64, seconds. */
  readonly times: Float64Array;
  /** `[n]` i32, position in the bar; 1 is the downbeat. */
  readonly positions: Int32Array;
}

/**
 * Finds the most probable beats.
 *
 * @param activations `[frames, 2]` f32, 100 frames a second: probability of a beat that is no
 * downbeat, and of a downbeat
 * @param threshold activations before the first and after the last that reaches it are ignored;
 * 0 keeps all
 * @returns the beats, none where nothing reaches the threshold
 */
export async function decodeBeats(
  activations: Float32Array<ArrayBuffer>,
  threshold: number,
): Promise<DecodedBeats> {
  const frames = Math.floor(activations.length / 2);
  const times = new Float64Array(frames);
  const positions = new Int32Array(frames);
  const count = new BigUint64Array(1);
  await settle(
    symbols().tactus_beats(
      activations,
      BigInt(frames),
      threshold,
      times,
      positions,
      BigInt(frames),
      count,
    ),
    ...[activations, times, positions, count],
  );
  const found = Number(count[0]);
  return { times: times.slice(0, found), positions: positions.slice(0, found) };
}

/** What the decoder computes on its way to the beats. */
export interface DecoderSteps {
  /** The first frame that takes part. */
  readonly first: number;
  /** `[frames that take part, 3]` f64: log densities outside beats, of a beat and of a downbeat. */
  readonly logDensities: Float64Array;
  /** `[2]` f64: log probability of the best path with 3 and with 4 beats in a bar. */
  readonly scores: Float64Array;
}

/**
 * Computes the steps of {@linkcode decodeBeats}, for who looks for the first that is wrong.
 *
 * @param activations as of {@linkcode decodeBeats}
 * @param threshold as of {@linkcode decodeBeats}
 * @returns the steps, empty where no frame takes part
 */
export async function decoderSteps(
  activations: Float32Array<ArrayBuffer>,
  threshold: number,
): Promise<DecoderSteps> {
  const frames = Math.floor(activations.length / 2);
  const densities = new Float64Array(3 * frames);
  const scores = new Float64Array(2);
  const range = new BigUint64Array(2);
  await settle(
    symbols().tactus_beats_steps(activations, BigInt(frames), threshold, densities, scores, range),
    ...[activations, densities, scores, range],
  );
  const [first, count] = [Number(range[0]), Number(range[1])];
  return {
    first,
    logDensities: densities.slice(0, 3 * count),
    scores: count === 0 ? new Float64Array() : scores,
  };
}

/** What the spectrogram of one stem is computed by. */
export interface SpectrogramSteps {
  /** `[samples]` i16: the mean of the channels. */
  readonly mono: Int16Array;
  /** `[frames, 2048]` f64: samples under the window, full scale 1.0. */
  readonly windowed: Float64Array;
  /** `[frames, 1024]` f64: magnitudes of the bins that a filter sees, zeros elsewhere. */
  readonly magnitudes: Float64Array;
  /** `[frames, 81]` f64: weighted sums of magnitudes. */
  readonly filtered: Float64Array;
}

/**
 * Computes the steps of {@linkcode computeSpectrogram}, for who looks for the first that is wrong.
 *
 * @param stem `[channels, samples]` i16, 44.1 kHz
 * @param channels their number
 * @param frames of the spectrogram
 * @throws {KernelError} if there are no samples, or they have another number of frames
 */
export async function spectrogramSteps(
  stem: Int16Array<ArrayBuffer>,
  channels: number,
  frames: number,
): Promise<SpectrogramSteps> {
  const samples = stem.length / channels;
  const mono = new Int16Array(samples);
  const windowed = new Float64Array(2048 * frames);
  const magnitudes = new Float64Array(1024 * frames);
  const filtered = new Float64Array(81 * frames);
  await settle(
    symbols().tactus_spectrogram_steps(
      ...[stem, BigInt(channels), BigInt(samples), mono] as const,
      ...[windowed, size(windowed), magnitudes, size(magnitudes)] as const,
      ...[filtered, size(filtered)] as const,
    ),
    ...[stem, mono, windowed, magnitudes, filtered],
  );
  return { mono, windowed, magnitudes, filtered };
}
