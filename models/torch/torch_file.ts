/**
 * Reads files of `torch.save` without running their content.
 *
 * In the zip format of torch 1.6 and later `<name>/data.pkl` is a pickle and `<name>/data/<key>` are the storages.
 *
 * @module
 */

import { ArrayError } from "../../core/array_error.ts";
import { readZip } from "../../core/zip.ts";
import { elementCount, type Tensor } from "../../core/tensor.ts";
import { ModelError } from "../model_error.ts";
import {
  type PickleConstructor,
  PickleGlobal,
  PickleObject,
  PickleTuple,
  type PickleValue,
  readPickle,
} from "./pickle.ts";
import { STORAGE_ELEMENTS, TorchStorage } from "./_storage.ts";
import { TorchFraction } from "./torch_fraction.ts";

/** A tensor in a torch file. */
export class TorchTensor extends PickleObject {
  /** Kind of object, for errors. */
  override readonly kind = "tensor";
  /** Elements in C order; f32 for every floating-point type of the storage. */
  readonly tensor: Tensor;

  /** Stores the elements. */
  constructor(tensor: Tensor) {
    super();
    this.tensor = tensor;
  }
}

/** Content that a torch file may have in addition to tensors and plain containers. */
export interface TorchFileOptions {
  /** Classes that the file may name, such as `demucs.htdemucs.HTDemucs`; they are returned as names. */
  readonly allowedNames?: readonly string[];
}

const MAX_ELEMENTS = 2 ** 26;
const MAX_AXES = 16;

/**
 * Reads a torch file.
 *
 * @param bytes content of the file
 * @param options classes that it may name
 * @returns value of the file: maps, arrays, numbers, texts, {@linkcode TorchTensor}, {@linkcode TorchFraction}
 * @throws {ModelError} `forbidden` if the file names anything that is not allowed, `format` if it is not a torch file in the
 *   zip format or a tensor does not fit its storage, `too-large` beyond the limits
 */
export function readTorchFile(bytes: Uint8Array, options: TorchFileOptions = {}): PickleValue {
  const entries = openArchive(bytes);
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw new ModelError(
      "format",
      `Expected one data.pkl in the torch file, but found ${pickles.length} among ${entries.size} entries`,
    );
  }
  const prefix = pickles[0]!.slice(0, -"data.pkl".length);
  const byteOrder = entries.get(`${prefix}byteorder`);
  if (byteOrder !== undefined && new TextDecoder().decode(byteOrder).trim() !== "little") {
    throw new ModelError("format", "The torch file was written in big-endian byte order");
  }
  return readPickle(entries.get(pickles[0]!)!, {
    constructors: constructors(),
    names: new Set([...Object.keys(STORAGE_ELEMENTS), ...(options.allowedNames ?? [])]),
    persistent: ([id]) => storageOf(id!, prefix, entries),
  });
}

function openArchive(bytes: Uint8Array): Map<string, Uint8Array> {
  if (bytes[0] === 0x80) {
    throw new ModelError(
      "format",
      "The file has the format of torch before version 1.6, which is not supported; " +
        "load it in torch and save it again",
    );
  }
  try {
    return readZip(bytes);
  } catch (cause) {
    if (!(cause instanceof ArrayError)) throw cause;
    const problem = cause.problem === "too-large" ? "too-large" : "format";
    throw new ModelError(problem, `Not a readable torch file: ${cause.message}`, { cause });
  }
}

function storageOf(
  id: PickleValue,
  prefix: string,
  entries: ReadonlyMap<string, Uint8Array>,
): TorchStorage {
  const [tag, type, key, , length] = id instanceof PickleTuple ? id.items : [];
  const element = type instanceof PickleGlobal ? STORAGE_ELEMENTS[type.name] : undefined;
  if (tag !== "storage" || element === undefined || typeof key !== "string" || !isCount(length)) {
    throw new ModelError("format", "The torch file has a malformed reference to a storage");
  }
  const bytes = entries.get(`${prefix}data/${key}`);
  if (bytes === undefined) {
    throw new ModelError("format", `The torch file has no storage ${key}, which a tensor needs`);
  }
  return new TorchStorage(key, element, length, bytes);
}

function constructors(): Map<string, PickleConstructor> {
  let elements = 0;
  const rebuild: PickleConstructor = (args) => {
    const [storage, offset, shape, strides] = args;
    if (!(storage instanceof TorchStorage) || !isCount(offset)) {
      throw new ModelError("format", "The torch file has a tensor without a storage");
    }
    const lengths = counts(shape);
    const steps = counts(strides);
    if (lengths.length !== steps.length || lengths.length > MAX_AXES) {
      throw new ModelError(
        "format",
        "The torch file has a tensor whose strides do not fit its shape",
      );
    }
    elements += elementCount(lengths);
    if (!(elements <= MAX_ELEMENTS)) {
      throw new ModelError(
        "too-large",
        `The torch file's tensors have over ${MAX_ELEMENTS} elements`,
      );
    }
    return new TorchTensor(storage.gather(offset, lengths, steps));
  };
  return new Map<string, PickleConstructor>([
    ["collections.OrderedDict", orderedDictionary],
    ["torch._utils._rebuild_tensor_v2", rebuild],
    ["torch._utils._rebuild_parameter", ([data]): PickleValue => data ?? null],
    ["torch.Size", ([items]): PickleValue => items ?? new PickleTuple([])],
    ["fractions.Fraction", fraction],
    ...["__builtin__", "builtins"].flatMap((module) =>
      ["set", "frozenset"].map((name): [string, PickleConstructor] => [
        `${module}.${name}`,
        ([items]): PickleValue => new Set(Array.isArray(items) ? items : []),
      ])
    ),
  ]);
}

function orderedDictionary(args: readonly PickleValue[]): PickleValue {
  const made = new Map<PickleValue, PickleValue>();
  for (const pair of Array.isArray(args[0]) ? args[0] : []) {
    const [key, value] = pair instanceof PickleTuple ? pair.items : Array.isArray(pair) ? pair : [];
    if (key === undefined || value === undefined) {
      throw new ModelError(
        "format",
        "The torch file has a dictionary that does not consist of pairs",
      );
    }
    made.set(key, value);
  }
  return made;
}

/** Python before 3.12 pickles a fraction as `('39/5',)`, later ones as `(39, 5)`. */
function fraction([first, second]: readonly PickleValue[]): PickleValue {
  const parts = typeof first === "string" ? first.split("/").map(Number) : [first, second ?? 1];
  const [numerator, denominator = 1] = parts;
  if (!Number.isSafeInteger(numerator) || !Number.isSafeInteger(denominator) || denominator === 0) {
    throw new ModelError("format", "The torch file has a malformed fraction");
  }
  return new TorchFraction(numerator as number, denominator as number);
}

function counts(value: PickleValue | undefined): number[] {
  const items = value instanceof PickleTuple ? value.items : [undefined];
  return items.map((item) => {
    if (!isCount(item)) {
      throw new ModelError("format", "The torch file has a tensor of unknown shape");
    }
    return item;
  });
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
