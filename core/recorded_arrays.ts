/**
 * Recordings: arrays by name in a folder, an archive or a single file, which are read in parts.
 *
 * @module
 */

import { type FileHandle, open, readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { ArrayError } from "./array_error.ts";
import { ArrayFile, npyArray } from "./array_file.ts";
import { type ByteSource, fileSection, InflatedSource } from "./byte_source.ts";
import { ELEMENT_TYPES, type ElementType } from "./elements.ts";
import { reasonOf } from "./reason.ts";
import {
  readSafetensorsHeader,
  SAFETENSORS_PREFIX_BYTES,
  safetensorsDataStart,
} from "./safetensors.ts";
import { elementCount } from "./tensor.ts";
import { openZipEntry, readZipDirectory, type ZipEntry } from "./zip.ts";

/** An array that stays on disk. */
export interface OpenArray {
  /** The array. */
  readonly array: ArrayFile;
  /** Closes its file. */
  close(): Promise<void>;
}

/** Opens an array. */
export type ArrayOpener = () => Promise<OpenArray>;

/** Name of the array in a recording that is a single `.npy` file. */
export const SINGLE_ARRAY = "array";

/** Limits of an archive that is read in parts. */
const ARCHIVE_LIMITS = { entries: 16_384, totalBytes: Number.MAX_SAFE_INTEGER };

/** Description of a raw file: `NAME.json` of `NAME.bin`. */
const rawSchema = z.strictObject({
  dtype: z.enum(Object.keys(ELEMENT_TYPES) as [ElementType, ...ElementType[]]),
  shape: z.array(z.int().min(0)).max(32),
  order: z.enum(["C", "F"]).default("C"),
  endian: z.enum(["little", "big"]).default("little"),
});

const ENDING = /\.(npy|npz|safetensors|bin)$/;

/**
 * Lists the arrays of a recording. A folder has `.npy` files, raw files (`NAME.bin`, with element type and shape in
 * `NAME.json`), and the content of `.npz` and `.safetensors` files; a single file of these kinds is a recording too.
 *
 * @param path folder or file
 * @returns openers by name of the array; the array of a single `.npy` or raw file is called `array`
 * @throws {ArrayError} `archive` or `header` if an archive cannot be listed, or a name comes twice
 * @throws if the folder cannot be read
 */
export async function recordedArrays(path: string): Promise<Map<string, ArrayOpener>> {
  const isFolder = (await stat(path)).isDirectory();
  const files = isFolder ? (await readdir(path)).sort().map((name) => join(path, name)) : [path];
  const arrays = new Map<string, ArrayOpener>();
  const owners = new Map<string, string>();
  for (const file of files) {
    const kind = ENDING.exec(file)?.[1];
    if (kind === undefined) continue;
    const own = isFolder ? basename(file, `.${kind}`) : SINGLE_ARRAY;
    for (const [name, opener] of await arraysOf(file, kind, own)) {
      const other = owners.get(name);
      if (other !== undefined) {
        throw new ArrayError(
          "archive",
          `The array ${name} is in ${basename(other)} and in ${basename(file)}`,
        );
      }
      owners.set(name, file);
      arrays.set(name, opener);
    }
  }
  return arrays;
}

async function arraysOf(
  path: string,
  kind: string,
  own: string,
): Promise<readonly (readonly [string, ArrayOpener])[]> {
  switch (kind) {
    case "npy":
      return [[own, opener(path, (file, size) => npyArray(fileSection(file, 0, size)))]];
    case "bin":
      return [[own, opener(path, (file, size) => rawArray(path, fileSection(file, 0, size)))]];
    case "npz":
      return await listed(path, async (source) => {
        const entries = await readZipDirectory(source, ARCHIVE_LIMITS);
        return entries.map((entry) =>
          [
            entry.name.replace(/\.npy$/, ""),
            opener(path, (file, size) => zippedArray(file, size, entry)),
          ] as const
        );
      });
    default:
      return await listed(path, async (source) => {
        const prefix = new Uint8Array(Math.min(SAFETENSORS_PREFIX_BYTES, source.size));
        await source.read(prefix, 0);
        const head = new Uint8Array(safetensorsDataStart(prefix, source.size));
        await source.read(head, 0);
        return readSafetensorsHeader(head, source.size).entries.map(({ name, begin, ...entry }) => {
          const layout = { ...entry, bigEndian: false, fortranOrder: false, dataStart: begin };
          return [
            name,
            opener(
              path,
              (file, size) => Promise.resolve(new ArrayFile(fileSection(file, 0, size), layout)),
            ),
          ] as const;
        });
      });
  }
}

/** Returns a function that opens the file and, in it, one array. */
function opener(
  path: string,
  arrayIn: (file: FileHandle, size: number) => Promise<ArrayFile>,
): ArrayOpener {
  return async () => {
    const file = await open(path);
    try {
      const array = await arrayIn(file, (await file.stat()).size);
      return { array, close: () => file.close() };
    } catch (error) {
      await file.close();
      throw error;
    }
  };
}

async function listed<T>(path: string, list: (source: ByteSource) => Promise<T>): Promise<T> {
  const file = await open(path);
  try {
    return await list(fileSection(file, 0, (await file.stat()).size));
  } catch (cause) {
    if (!(cause instanceof ArrayError)) throw cause;
    throw new ArrayError(cause.problem, `${path}: ${cause.message}`, { cause });
  } finally {
    await file.close();
  }
}

async function zippedArray(file: FileHandle, size: number, entry: ZipEntry): Promise<ArrayFile> {
  const content = await openZipEntry(
    fileSection(file, 0, size),
    entry,
    (start, { packedBytes, bytes, method }) => {
      if (method === 0) return fileSection(file, start, bytes);
      const range = { start, end: start + packedBytes - 1, autoClose: false };
      return new InflatedSource(() => file.createReadStream(range), bytes);
    },
  );
  return await npyArray(content);
}

async function rawArray(path: string, source: ByteSource): Promise<ArrayFile> {
  const sidecar = path.replace(/\.bin$/, ".json");
  const text = await readFile(sidecar, "utf8").catch((cause) => {
    throw new ArrayError(
      "header",
      `A raw array needs its element type and shape in ${basename(sidecar)}, ` +
        `such as {"dtype": "f32", "shape": [2, 3]}: ${reasonOf(cause)}`,
    );
  });
  let described: z.output<typeof rawSchema>;
  try {
    described = rawSchema.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : reasonOf(cause);
    throw new ArrayError("header", `${basename(sidecar)} does not describe an array: ${why}`);
  }
  const { dtype: type, shape, order, endian } = described;
  const needed = elementCount(shape) * ELEMENT_TYPES[type].bytes;
  if (needed !== source.size) {
    throw new ArrayError(
      "size",
      `An array of shape [${shape.join(", ")}] and type ${type} takes ${needed} bytes, ` +
        `but the file has ${source.size}`,
    );
  }
  const layout = { type, shape, bigEndian: endian === "big", fortranOrder: order === "F" };
  return new ArrayFile(source, { ...layout, dataStart: 0 });
}
