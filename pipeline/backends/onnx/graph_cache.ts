/**
 * Graphs that were built once, kept on disk.
 *
 * @module
 */

import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../../../core/files.ts";
import { bytesSha256 } from "../../../core/hash.ts";

/** Hexadecimal digits of a SHA-256 in the name of a file. */
const DIGITS = 16;

/**
 * Reads a graph from a folder, or builds it and leaves it there. A file's name tells what it was built from and the SHA-256
 * of its content; one that is damaged is removed and built again. Where the folder cannot be written, nothing is kept.
 *
 * @param folder where graphs are kept; nothing to keep none
 * @param key what the graph is built from: a name, the hash of the weights, the version of the builder
 * @param build builds it
 * @returns the bytes of an `.onnx` file
 */
export async function cachedGraph(
  folder: string | undefined,
  key: { readonly name: string; readonly sha256: string; readonly version: number },
  build: () => Uint8Array,
): Promise<Uint8Array> {
  if (folder === undefined) return build();
  const prefix = `${key.name}-${key.sha256.slice(0, DIGITS)}-v${key.version}-`;
  const kept = await readKept(folder, prefix);
  if (kept !== undefined) return kept;
  const graph = build();
  try {
    await mkdir(folder, { recursive: true });
    await writeWhole(join(folder, `${prefix}${digest(graph)}.onnx`), graph);
  } catch {
    // A folder that is full or read-only only costs the time to build.
  }
  return graph;
}

async function readKept(folder: string, prefix: string): Promise<Uint8Array | undefined> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(prefix) || !name.endsWith(".onnx")) continue;
    const path = join(folder, name);
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes !== undefined && name === `${prefix}${digest(bytes)}.onnx`) return bytes;
    await rm(path, { force: true }).catch(() => {});
  }
  return undefined;
}

function digest(bytes: Uint8Array): string {
  return bytesSha256(bytes).slice(0, DIGITS);
}
