/**
 * Header of `.safetensors` files.
 *
 * Source: the format's description, https://github.com/huggingface/safetensors
 *
 * @module
 */

import { ArrayError } from "./array_error.ts";
import { ELEMENT_TYPES, type ElementType } from "./elements.ts";
import { elementCount } from "./tensor.ts";

const MAX_HEADER_BYTES = 100_000_000;
const MAX_AXES = 16;

/** Bytes before the header: its length. */
export const SAFETENSORS_PREFIX_BYTES = 8;

/** Types by their name in the format. */
const TYPES: ReadonlyMap<unknown, ElementType> = new Map(
  Object.entries(ELEMENT_TYPES).flatMap(([type, { safetensors }]) =>
    safetensors === null ? [] : [[safetensors, type as ElementType]]
  ),
);

/** A tensor of a file. */
export interface SafetensorsEntry {
  /** Name of the tensor. */
  readonly name: string;
  /** Element type. */
  readonly type: ElementType;
  /** Length of each axis, outermost first. */
  readonly shape: readonly number[];
  /** Position of the first byte, from the start of the file. */
  readonly begin: number;
  /** Position after the last byte. */
  readonly end: number;
}

/** Content of a file's header. */
export interface SafetensorsHeader {
  /** Tensors in the order of the header. */
  readonly entries: readonly SafetensorsEntry[];
  /** Texts by name; upstream's programs keep settings there. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Returns the position of the first value: the length of the start of a file, header included.
 *
 * @param prefix the first 8 bytes, or more
 * @param fileBytes size of the file
 * @throws {ArrayError} `header` for a header that is longer than the file
 */
export function safetensorsDataStart(prefix: Uint8Array, fileBytes: number): number {
  if (prefix.length < SAFETENSORS_PREFIX_BYTES) {
    throw malformed(`it has ${prefix.length} bytes, fewer than ${SAFETENSORS_PREFIX_BYTES}`);
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(Math.min(MAX_HEADER_BYTES, fileBytes - SAFETENSORS_PREFIX_BYTES))) {
    throw malformed(`its header claims ${length} bytes, but the file has ${fileBytes}`);
  }
  return SAFETENSORS_PREFIX_BYTES + Number(length);
}

/**
 * Reads the header of a file.
 *
 * @param bytes content of the file, or its start up to the first value
 * @param fileBytes size of the file
 * @returns tensors and metadata
 * @throws {ArrayError} `header` if it is malformed, or the tensors do not fill the file one after the other without gap or
 *   overlap; `dtype` for an unsupported type
 */
export function readSafetensorsHeader(
  bytes: Uint8Array,
  fileBytes: number = bytes.length,
): SafetensorsHeader {
  const dataStart = safetensorsDataStart(bytes, fileBytes);
  let header: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(
      bytes.subarray(SAFETENSORS_PREFIX_BYTES, dataStart),
    );
    header = JSON.parse(text);
  } catch (cause) {
    throw malformed("its header is not JSON", { cause });
  }
  if (!isRecord(header)) throw malformed("its header is not an object");
  const entries = Object.entries(header).flatMap(([name, value]) =>
    name === "__metadata__" ? [] : [readEntry(name, value, dataStart)]
  );
  checkLayout(entries, dataStart, fileBytes);
  const { __metadata__: metadata } = header;
  return { entries, metadata: isRecord(metadata) ? metadata : {} };
}

function readEntry(name: string, value: unknown, dataStart: number): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  const type = TYPES.get(dtype);
  if (type === undefined) {
    throw malformed(
      `tensor ${name} should be of type ${[...TYPES.keys()].join(", ")}, but is ${
        JSON.stringify(dtype)
      }`,
      { problem: "dtype" },
    );
  }
  if (!isCounts(shape) || shape.length > MAX_AXES) throw malformed(`tensor ${name} has no shape`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw malformed(`tensor ${name} has no data_offsets`);
  }
  const [begin, end] = offsets as [number, number];
  const needed = elementCount(shape) * ELEMENT_TYPES[type].bytes;
  if (end - begin !== needed) {
    throw malformed(
      `tensor ${name} of shape [${shape.join(", ")}] and type ${dtype} takes ${needed} bytes, ` +
        `but its data_offsets are [${begin}, ${end}]`,
    );
  }
  return { name, type, shape, begin: dataStart + begin, end: dataStart + end };
}

function checkLayout(
  entries: readonly SafetensorsEntry[],
  dataStart: number,
  fileBytes: number,
): void {
  let at = dataStart;
  for (
    const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)
  ) {
    if (begin !== at) {
      throw malformed(
        `tensor ${name} begins at byte ${begin - dataStart}, where ${at - dataStart} was expected`,
      );
    }
    at = end;
  }
  if (at !== fileBytes) {
    throw malformed(
      `its tensors take ${at - dataStart} bytes, but ${fileBytes - dataStart} follow the header`,
    );
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function malformed(
  what: string,
  { problem = "header", ...options }: ErrorOptions & { problem?: "header" | "dtype" } = {},
): ArrayError {
  return new ArrayError(problem, `Not a readable .safetensors file: ${what}`, options);
}
