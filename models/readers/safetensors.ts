/**
 * Reads `.safetensors` files with floating-point tensors, and the checkpoints stored in them. Malformed files are rejected.
 *
 * Source: the format's description, https://github.com/huggingface/safetensors
 *
 * @module
 */

import { ArrayError } from "../../core/array_error.ts";
import { decodeElements, ELEMENT_TYPES, type ElementType } from "../../core/elements.ts";
import { bytesSha256 } from "../../core/hash.ts";
import { readSafetensorsHeader, type SafetensorsHeader } from "../../core/safetensors.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { AllInOneConfiguration } from "../all_in_one/configuration.ts";
import { type Checkpoint, validateParameters } from "../all_in_one/parameters.ts";
import {
  type HtdemucsConfiguration,
  parseHtdemucsConfiguration,
  PUBLISHED_HTDEMUCS,
} from "../htdemucs/configuration.ts";
import { type HtdemucsCheckpoint, validateHtdemucsParameters } from "../htdemucs/parameters.ts";
import { ModelError } from "../model_error.ts";
import { TorchFraction } from "../torch/torch_fraction.ts";

const FLOATS: ReadonlySet<ElementType> = new Set(["f16", "bf16", "f32", "f64"]);

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
  { entries }: SafetensorsHeader,
): Map<string, Tensor<"f32">> {
  return new Map(entries.map(({ name, type, shape, begin, end }) => {
    if (!FLOATS.has(type)) {
      const known = [...FLOATS].map((one) => ELEMENT_TYPES[one].safetensors).join(", ");
      const found = ELEMENT_TYPES[type].safetensors;
      throw malformed(`tensor ${name} should be of type ${known}, but is ${found}`);
    }
    // A copy that starts at 0 is aligned.
    const elements = decodeElements(type, new Uint8Array(bytes.subarray(begin, end)), false);
    const data = elements instanceof Float32Array
      ? elements
      : Float32Array.from(elements as Float64Array);
    return [name, tensor("f32", shape, data)];
  }));
}

function readHeader(bytes: Uint8Array): SafetensorsHeader {
  try {
    return readSafetensorsHeader(bytes);
  } catch (cause) {
    if (!(cause instanceof ArrayError)) throw cause;
    throw new ModelError("format", cause.message, { cause });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(what: string, options?: ErrorOptions): ModelError {
  return new ModelError("format", `Not a readable .safetensors file: ${what}`, options);
}

/**
 * Reads a fold of All-In-One, the format of the embedded model.
 *
 * @param name registered name of the fold, for the result and for errors
 * @param bytes content of the `.safetensors` file, with upstream's parameter names and torch's layout
 * @param configuration sizes of the network
 * @param sha256 SHA-256 of the file, hexadecimal, if it is already known
 * @returns checkpoint; half and double precision become f32
 * @throws {ModelError} if the file is malformed, or the tensors do not fit the configuration
 */
export function readSafetensorsFold(
  name: string,
  bytes: Uint8Array,
  configuration: AllInOneConfiguration,
  sha256: string = bytesSha256(bytes),
): Checkpoint {
  const tensors = readSafetensors(bytes);
  validateParameters(configuration, tensors, name);
  return { name, configuration, tensors, sha256 };
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
  { klass, args, kwargs, structure }: SafetensorsHeader["metadata"],
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
