/**
 * Reads `.safetensors` files with floating-point tensors, and the checkpoints stored in them. Malformed files are rejected.
 *
 * Source: the format's description, https://github.com/huggingface/safetensors
 *
 * @module
 */

import { bytesSha256 } from "../../core/hash.ts";
import { elementCount, type Tensor, tensor } from "../../core/tensor.ts";
import { type Checkpoint, validateParameters } from "../all_in_one/parameters.ts";
import {
  type HtdemucsConfiguration,
  parseHtdemucsConfiguration,
  PUBLISHED_HTDEMUCS,
} from "../htdemucs/configuration.ts";
import { type HtdemucsCheckpoint, validateHtdemucsParameters } from "../htdemucs/parameters.ts";
import { ModelError } from "../model_error.ts";
import { TorchFraction } from "../torch/torch_file.ts";
import { parseYamlConfiguration } from "./yaml.ts";

const MAX_HEADER_BYTES = 100_000_000;
const MAX_AXES = 16;
const PREFIX_BYTES = 8;

const BYTES = { F16: 2, BF16: 2, F32: 4, F64: 8 } as const;
type Element = keyof typeof BYTES;

interface Entry {
  readonly name: string;
  readonly element: Element;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads all tensors of a file.
 *
 * @param bytes content of the file
 * @returns tensors by name, f32 in C order, copied, in the order of the file's header
 * @throws {ModelError} `format` if the header is malformed, a tensor is not F16, BF16, F32 or F64, or the tensors do not
 *   fill the file one after the other without gap or overlap
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { readSafetensors } from "./safetensors.ts";
 * const header = new TextEncoder().encode('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}');
 * const file = new Uint8Array([header.length, ...new Array(7).fill(0), ...header, 0, 0, 128, 63]);
 * ok(readSafetensors(file).get("x")!.data[0] === 1);
 * ```
 */
export function readSafetensors(bytes: Uint8Array): Map<string, Tensor<"f32">> {
  return tensorsOf(bytes, readHeader(bytes));
}

function tensorsOf(
  bytes: Uint8Array,
  { entries, dataStart }: Header,
): Map<string, Tensor<"f32">> {
  checkLayout(entries, bytes.length - dataStart);
  return new Map(entries.map(({ name, element, shape, begin, end }) => {
    // A copy that starts at 0 is aligned.
    const copy = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
    return [name, tensor("f32", shape, widen(element, copy.buffer))];
  }));
}

/** Content of a file's header. */
interface Header {
  readonly entries: readonly Entry[];
  /** Texts by name; upstream's programs keep settings there. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Position of the first value. */
  readonly dataStart: number;
}

function readHeader(bytes: Uint8Array): Header {
  if (bytes.length < PREFIX_BYTES) throw malformed(`it has ${bytes.length} bytes, fewer than 8`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(Math.min(MAX_HEADER_BYTES, bytes.length - PREFIX_BYTES))) {
    throw malformed(`its header claims ${length} bytes, but the file has ${bytes.length}`);
  }
  const dataStart = PREFIX_BYTES + Number(length);
  let header: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(
      bytes.subarray(PREFIX_BYTES, dataStart),
    );
    header = JSON.parse(text);
  } catch (cause) {
    throw malformed("its header is not JSON", { cause });
  }
  if (!isRecord(header)) throw malformed("its header is not an object");
  const entries = Object.entries(header).flatMap(([name, value]) =>
    name === "__metadata__" ? [] : [readEntry(name, value)]
  );
  const { __metadata__: metadata } = header;
  return { entries, dataStart, metadata: isRecord(metadata) ? metadata : {} };
}

function readEntry(name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  if (typeof dtype !== "string" || !Object.hasOwn(BYTES, dtype)) {
    throw malformed(
      `tensor ${name} should be of type ${Object.keys(BYTES).join(", ")}, but is ${
        JSON.stringify(dtype)
      }`,
    );
  }
  if (!isCounts(shape) || shape.length > MAX_AXES) throw malformed(`tensor ${name} has no shape`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw malformed(`tensor ${name} has no data_offsets`);
  }
  const element = dtype as Element;
  const [begin, end] = offsets as [number, number];
  const needed = elementCount(shape) * BYTES[element];
  if (end - begin !== needed) {
    throw malformed(
      `tensor ${name} of shape [${shape.join(", ")}] and type ${dtype} takes ${needed} bytes, ` +
        `but its data_offsets are [${begin}, ${end}]`,
    );
  }
  return { name, element, shape, begin, end };
}

function checkLayout(entries: readonly Entry[], available: number): void {
  let at = 0;
  for (
    const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)
  ) {
    if (begin !== at) {
      throw malformed(`tensor ${name} begins at byte ${begin}, where ${at} was expected`);
    }
    at = end;
  }
  if (at !== available) {
    throw malformed(`its tensors take ${at} bytes, but ${available} follow the header`);
  }
}

function widen(element: Element, buffer: ArrayBuffer): Float32Array<ArrayBuffer> {
  switch (element) {
    case "F32":
      return new Float32Array(buffer);
    case "F64":
      return new Float32Array(new Float64Array(buffer));
    case "BF16":
      return new Float32Array(
        Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer,
      );
    case "F16":
      return new Float32Array(new Float16Array(buffer));
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function malformed(what: string, options?: ErrorOptions): ModelError {
  return new ModelError("format", `Not a readable .safetensors file: ${what}`, options);
}

/**
 * Reads a fold of All-In-One, the format of the embedded model.
 *
 * @param name registered name of the fold, for the result and for errors
 * @param bytes content of the `.safetensors` file, with upstream's parameter names and torch's layout
 * @param configurationText content of the `.yaml` file
 * @returns checkpoint; half and double precision become f32
 * @throws {ModelError} if the configuration is malformed, or the tensors do not fit it
 */
export function readSafetensorsFold(
  name: string,
  bytes: Uint8Array,
  configurationText: string,
): Checkpoint {
  const configuration = parseYamlConfiguration(name, configurationText);
  const tensors = readSafetensors(bytes);
  validateParameters(configuration, tensors, name);
  return { name, configuration, tensors, sha256: bytesSha256(bytes) };
}

/**
 * Reads an HTDemucs. The files of demucs 4.1 state class and arguments as JSON in their metadata; other files have weights
 * only, and their sizes are those of the published model, or given.
 *
 * @param name registered name of the network, for the result and for errors
 * @param bytes content of the file, with upstream's parameter names
 * @param configuration sizes; by default those of the metadata, else of the published model
 * @param sha256 SHA-256 of the file, hexadecimal, if it is already known
 * @returns checkpoint; half and double precision become f32
 * @throws {ModelError} `format` if the file is malformed or of another class, `configuration` for arguments that are not
 *   supported, `parameters` if it does not hold this network
 *
 * Source: `demucs/hf.py` (demucs 4.1.0), for the metadata.
 */
export function readSafetensorsCheckpoint(
  name: string,
  bytes: Uint8Array,
  configuration?: HtdemucsConfiguration,
  sha256: string = bytesSha256(bytes),
): HtdemucsCheckpoint {
  const header = readHeader(bytes);
  const own = configuration ?? statedConfiguration(name, header.metadata) ?? PUBLISHED_HTDEMUCS;
  const tensors = tensorsOf(bytes, header);
  validateHtdemucsParameters(own, tensors, name);
  return { name, configuration: own, tensors, sha256 };
}

/** The only class that a file may name. */
const HTDEMUCS = "demucs.htdemucs.HTDemucs";

/** Returns the sizes that metadata of demucs 4.1 states; undefined for other metadata. */
function statedConfiguration(
  name: string,
  { klass, args, kwargs, structure }: Header["metadata"],
): HtdemucsConfiguration | undefined {
  if (klass === undefined && kwargs === undefined) return undefined;
  if (klass !== HTDEMUCS) {
    throw malformed(`${name} should be of class ${HTDEMUCS}, but is ${JSON.stringify(klass)}`);
  }
  if (structure !== undefined) {
    throw malformed(`${name} is quantized, which is not supported`);
  }
  const [positional, named] = [args ?? "[]", kwargs ?? "{}"].map((text) => {
    try {
      return JSON.parse(String(text), fractionOf);
    } catch (cause) {
      throw malformed(`the arguments of ${name} are not JSON`, { cause });
    }
  });
  if (!Array.isArray(positional) || positional.length > 1 || !isRecord(named)) {
    throw malformed(
      `${name} should have named arguments and at most one without a name (sources)`,
    );
  }
  const sources = positional.length === 0 ? {} : { sources: positional[0] };
  return parseHtdemucsConfiguration({ ...sources, ...named });
}

/** Restores a fraction, which demucs writes as an object. */
function fractionOf(_: string, value: unknown): unknown {
  if (!isRecord(value) || value["_type"] !== "fraction") return value;
  const { numerator, denominator } = value;
  return new TorchFraction(Number(numerator), Number(denominator));
}
