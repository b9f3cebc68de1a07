/**
 * The only file that calls into the Rust library.
 *
 * Each call runs on a thread of Deno's pool, so the event loop goes on meanwhile. Arrays that a call reads or
 * writes are kept alive until its promise settles; they must not be resized or transferred before.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { IS_PACKAGED } from "../core/installed_package.ts";
import { PROGRAM_PACKAGE } from "../core/package_names.ts";
import { printable } from "../core/printable.ts";
import { reasonOf } from "../core/reason.ts";
import { libraryPath } from "./library_path.ts";

/** Version of the functions that this file declares; `src/ffi/` has the same. */
export const ABI_VERSION = 19;

/**
 * Arguments of each function that can fail, as `src/ffi/` declares them: an `array`, which crosses as pointer
 * and length, a number, the `handle` of something open, or a `signal` that interrupts the call.
 */
const FUNCTIONS = {
  tactus_audio_open: ["array", "u32", "usize", "usize", "array", "array", "signal"],
  tactus_audio_take: [
    ...["array", "array", "array", "u32", "u32"] as const,
    ...["usize", "usize", "array", "array", "signal"] as const,
  ],
  tactus_audio_read: ["handle", "f64", "array"],
  tactus_stem_open: [
    ...["array", "u32", "usize", "usize", "usize"] as const,
    ...["f64", "array", "array", "signal"] as const,
  ],
  tactus_stem_read: ["handle", "usize", "usize", "array"],
  tactus_stem_spectrogram: ["handle", "usize", "array", "signal"],
  tactus_stem_stream_open: ["array", "u32", "usize", "usize", "f64", "array", "array", "signal"],
  tactus_stem_stream_take: ["handle", "usize", "array", "array"],
  tactus_mix_open: ["array", "u32", "usize", "usize", "array", "array", "signal"],
  tactus_mix_measure: ["handle", "f64", "u32", "array", "array", "signal"],
  tactus_mix_begin: ["handle", "array", "array"],
  tactus_mix_step: ["handle", "array", "signal"],
  tactus_mix_input: ["handle", "usize", "array", "array", "signal"],
  tactus_mix_output: ["handle", "usize", "array", "array"],
  tactus_mix_end: ["handle", "array", "array"],
  tactus_mix_take: ["handle", "usize", "array", "array"],
  tactus_flac_encode: ["array", "usize", "u32", "array", "array"],
  tactus_spectrogram: ["array", "usize", "array", "handle", "signal"],
  tactus_separation_open: ["array", "array", "f64", "array", "usize", "array", "array"],
  tactus_separation_input: ["handle", "usize", "array", "array", "array"],
  tactus_separation_output: ["handle", "usize", "array", "array"],
  tactus_separation_stem: ["handle", "usize", "array", "array"],
  tactus_separation_mono: ["handle", "usize", "array", "array"],
  tactus_hpss_open: ["array", "usize", "array", "array"],
  tactus_hpss_open_rhythm: ["array", "usize", "array", "array"],
  tactus_hpss_step: ["handle", "array"],
  tactus_round_mixture: ["array", "array"],
  tactus_htdemucs_open: ["array", "array", "usize", "u32", "array"],
  tactus_htdemucs_run: ["handle", "array", "array", "array", "array", "handle", "signal"],
  tactus_network_open: ["array", "usize", "array"],
  tactus_network_add_fold: ["handle", "array", "array"],
  tactus_network_run: ["handle", "usize", "array", "array", "array", "handle", "signal"],
  tactus_beats: [
    ...["array", "f64", "f64", "f64", "f64", "array"] as const,
    ...["array", "array", "array", "handle"] as const,
  ],
  tactus_processor: ["array", "array"],
  tactus_seams_open: ["array"],
  tactus_seams_describe: ["handle", "array", "array"],
  tactus_seams_take: ["handle", "usize", "array"],
} as const satisfies Readonly<Record<string, readonly ArgumentKind[]>>;

/** Functions that free what a handle stands for. */
const CLOSING = [
  "tactus_audio_close",
  "tactus_stem_close",
  "tactus_stem_stream_close",
  "tactus_mix_close",
  "tactus_separation_close",
  "tactus_htdemucs_close",
  "tactus_network_close",
  "tactus_seams_close",
  "tactus_interruption_close",
] as const;

type ArgumentKind = "array" | "handle" | "signal" | "u32" | "usize" | "f64";

/** An array that crosses to the kernels; text crosses as UTF-8. */
type ArrayArgument = (ArrayBufferView & { readonly length: number }) | string;

interface ArgumentTypes {
  readonly array: ArrayArgument;
  readonly handle: Handle;
  readonly signal: AbortSignal | undefined;
  readonly u32: number;
  readonly usize: number;
  readonly f64: number;
}

/** Number of something that the kernels hold until it is closed; 0n is nothing. */
export type Handle = bigint;

/** Name of a function that can fail. */
export type KernelFunction = keyof typeof FUNCTIONS;

/** Name of a function that frees what a handle stands for. */
export type ClosingFunction = typeof CLOSING[number];

type TypesOf<Kinds extends readonly ArgumentKind[]> = {
  -readonly [Index in keyof Kinds]: ArgumentTypes[Kinds[Index]];
};

/** The arguments of a function. */
export type KernelArguments<F extends KernelFunction> = TypesOf<typeof FUNCTIONS[F]>;

/** The kernels refused their input or failed; the message is the kernel's own. */
export class KernelError extends Error {
  /** Name of the class. */
  override name = "KernelError";
}

/** The library of the kernels cannot be loaded. */
export class KernelLoadError extends KernelError {
  /** Name of the class. */
  override name = "KernelLoadError";
}

/** Native types of each kind of argument. */
const NATIVE: Readonly<Record<ArgumentKind, readonly Deno.NativeType[]>> = {
  array: ["buffer", "usize"],
  handle: ["u64"],
  signal: ["u64"],
  u32: ["u32"],
  usize: ["usize"],
  f64: ["f64"],
};

/** The functions of the library as `Deno.dlopen` takes them. */
const SYMBOLS: Deno.ForeignLibraryInterface = {
  tactus_abi_version: { parameters: [], result: "u32" },
  tactus_bf16_is_fast: { parameters: [], result: "u32" },
  tactus_interruption_open: { parameters: [], result: "u64" },
  tactus_interruption_request: { parameters: ["u64"], result: "void" },
  tactus_counters_read: { parameters: ["buffer", "usize"], result: "i32" },
  tactus_error_message: { parameters: ["i32", "buffer", "usize"], result: "usize" },
  ...Object.fromEntries(CLOSING.map((name) => [name, { parameters: ["u64"], result: "void" }])),
  ...Object.fromEntries(
    Object.entries(FUNCTIONS).map(([name, kinds]) => [
      name,
      {
        ...{ parameters: kinds.flatMap((kind) => NATIVE[kind]), result: "i32", nonblocking: true },
        // Without a description of the processor everything else works.
        optional: name === "tactus_processor",
      },
    ]),
  ),
};

type Call = (...args: unknown[]) => unknown;

/** An opened library. */
export interface OpenedLibrary {
  /** The functions by name. */
  readonly symbols: Readonly<Record<string, Call>>;
  /** Unloads the library. */
  close(): void;
}

/** Opens a library, as `Deno.dlopen` does. */
export type OpenLibrary = (
  path: string,
  symbols: Deno.ForeignLibraryInterface,
) => OpenedLibrary;

const dlopen: OpenLibrary = (path, symbols) => Deno.dlopen(path, symbols) as OpenedLibrary;

/** Room for an error message, bytes of UTF-8. */
const MESSAGE_BYTES = 64 * 1024;

/** What a user can do about a library that is not there. */
const MISSING = IS_PACKAGED
  ? `install ${PROGRAM_PACKAGE} again without --omit=optional, or install Rust, with which tactus analyze builds them`
  : "run deno task kernels";

/** What a user can do about a library that cannot be loaded. */
const REMEDY = IS_PACKAGED
  ? `check its permissions, or install ${PROGRAM_PACKAGE} again`
  : "delete the file and run deno task kernels";

/** What a user can do about a library of another version. */
const OTHER_VERSION = IS_PACKAGED
  ? `install ${PROGRAM_PACKAGE} again, so that all its packages have one version`
  : REMEDY;

/** The functions of a loaded library. */
export class Binding {
  readonly #symbols: OpenedLibrary["symbols"];
  /** Arrays that calls on other threads are using: the garbage collector must not free them. */
  readonly #inUse = new Set<readonly ArrayBufferView[]>();

  private constructor(symbols: OpenedLibrary["symbols"]) {
    this.#symbols = symbols;
  }

  /**
   * Loads a library.
   *
   * @param path path of the library
   * @param open opens it; `Deno.dlopen` by default
   * @throws {KernelLoadError} if the library cannot be opened or has another interface version
   */
  static load(path: string, open: OpenLibrary = dlopen): Binding {
    let library: OpenedLibrary;
    try {
      library = open(path, SYMBOLS);
    } catch (cause) {
      if (!existsSync(path)) {
        throw new KernelLoadError(`The kernels, ${path}, are missing: ${MISSING}`, { cause });
      }
      throw new KernelLoadError(
        `Could not load the kernels, ${path}: ${reasonOf(cause)}; ${REMEDY}`,
        { cause },
      );
    }
    const version = library.symbols["tactus_abi_version"]!();
    if (version !== ABI_VERSION) {
      library.close();
      throw new KernelLoadError(
        `The kernels, ${path}, have interface version ${version}, but ${ABI_VERSION} is expected; ` +
          OTHER_VERSION,
      );
    }
    return new Binding(library.symbols);
  }

  /** Number of calls whose arrays are kept alive. */
  get pendingCalls(): number {
    return this.#inUse.size;
  }

  /**
   * Calls a function on another thread.
   *
   * @param name name of the function
   * @param args its arguments; an array is read or written in place and is kept alive until the promise settles
   * @throws {KernelError} with the kernel's message if the function fails
   * @throws the reason of an aborted signal, as soon as the function has ended
   */
  async invoke<F extends KernelFunction>(name: F, ...args: KernelArguments<F>): Promise<void> {
    const arrays: ArrayBufferView[] = [];
    const given = args as readonly ArgumentTypes[ArgumentKind][];
    const signal = given.find((arg) => arg instanceof AbortSignal);
    signal?.throwIfAborted();
    const call = this.#callOf(name);
    const interruption = this.#interruptionOf(signal);
    const expanded = given.flatMap((arg): unknown[] => {
      if (arg === undefined || arg instanceof AbortSignal) return [interruption.handle];
      if (typeof arg === "number" || typeof arg === "bigint") return [arg];
      const array = typeof arg === "string" ? new TextEncoder().encode(arg) : arg;
      arrays.push(array);
      return [array, BigInt(array.length)];
    });
    this.#inUse.add(arrays);
    try {
      const status = await call(...expanded) as number;
      if (status === 0) return;
      const message = this.#takeMessage(status);
      signal?.throwIfAborted();
      throw new KernelError(printable(message));
    } finally {
      this.#inUse.delete(arrays);
      interruption.close();
    }
  }

  /** Returns a function; access to one that the library lacks throws an error of Deno. */
  #callOf(name: KernelFunction): Call {
    let call: Call | null = null;
    try {
      call = this.#symbols[name] ?? null;
    } catch {
      // As if there were none.
    }
    if (call !== null) return call;
    throw new KernelError(`The kernels lack ${name}: they are older than this program`);
  }

  /** Frees what a handle stands for. */
  close(name: ClosingFunction, handle: Handle): void {
    this.#symbols[name]!(handle);
  }

  /**
   * Reads the hardware counters of the process at once, on this thread.
   *
   * @param counts receives the counts, as many as `src/counters.rs` names
   * @throws {KernelError} if there are none
   */
  readCounters(counts: Float64Array): void {
    const status = this.#symbols["tactus_counters_read"]!(counts, BigInt(counts.length)) as number;
    if (status !== 0) throw new KernelError(printable(this.#takeMessage(status)));
  }

  /** Whether the processor has instructions for products in bfloat16. */
  get hasBf16(): boolean {
    return this.#symbols["tactus_bf16_is_fast"]!() === 1;
  }

  /** Opens an interruption that a signal requests; its handle is 0 for no signal. */
  #interruptionOf(signal: AbortSignal | undefined): { handle: Handle; close(): void } {
    if (signal === undefined) return { handle: 0n, close: (): void => {} };
    const handle = this.#symbols["tactus_interruption_open"]!() as Handle;
    const request = (): void => void this.#symbols["tactus_interruption_request"]!(handle);
    signal.addEventListener("abort", request);
    return {
      handle,
      close: (): void => {
        signal.removeEventListener("abort", request);
        this.close("tactus_interruption_close", handle);
      },
    };
  }

  #takeMessage(status: number): string {
    const buffer = new Uint8Array(MESSAGE_BYTES);
    const take = this.#symbols["tactus_error_message"]!;
    const length = take(status, buffer, BigInt(buffer.length)) as bigint;
    return new TextDecoder().decode(buffer.subarray(0, Number(length)));
  }
}

let shared: Binding | undefined;

/** The binding to the built library, loaded on first use. */
function binding(): Binding {
  return shared ??= Binding.load(libraryPath());
}

/**
 * Loads the built library.
 *
 * @throws {KernelLoadError} if it cannot be loaded
 */
export function ensureLoaded(): void {
  binding();
}

/**
 * Calls a function of the kernels: see {@linkcode Binding.invoke}.
 *
 * @throws {KernelLoadError} if the library cannot be loaded
 * @throws {KernelError} with the kernel's message if the function fails
 */
export async function invoke<F extends KernelFunction>(
  name: F,
  ...args: KernelArguments<F>
): Promise<void> {
  await binding().invoke(name, ...args);
}

/**
 * Returns whether the processor has instructions for products in bfloat16. Without them the same results are computed
 * several times slower than in single precision.
 *
 * @throws {KernelLoadError} if the library cannot be loaded
 */
export function hasBf16(): boolean {
  return binding().hasBf16;
}

/** Frees what a handle stands for. */
export function close(name: ClosingFunction, handle: Handle): void {
  binding().close(name, handle);
}

/**
 * Reads the hardware counters of the process: see {@linkcode Binding.readCounters}.
 *
 * @throws {KernelLoadError} if the library cannot be loaded
 * @throws {KernelError} if there are none
 */
export function readCounters(counts: Float64Array): void {
  binding().readCounters(counts);
}
