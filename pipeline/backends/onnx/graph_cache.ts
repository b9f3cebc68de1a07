/**
 * Cache of built graphs on disk.
 *
 * @module
 */

import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../../../core/files.ts";
import { bytesSha256 } from "../../../core/hash.ts";

/** Number of hexadecimal digits of a SHA-256 in a file name. */
const DIGITS = 16;

/**
 * Reads a graph from a folder, or builds and stores it. The file name contains the key and the SHA-256 of the content; a
 * damaged file is removed and built again. If the folder cannot be written, the graph is not stored.
 *
 * @param folder folder of stored graphs; undefined to store none
 * @param key name, SHA-256 of the weights, and version of the builder
 * @param build builds the graph
 * @returns content of an `.onnx` file
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
    // Without the stored graph only the time to build it is lost.
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
