/**
 * Embedded model, which ships with the program: one fold of All-In-One, trained by `fixtures/training/`.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type AllInOneConfiguration, parseConfiguration } from "../all_in_one/configuration.ts";
import type { Checkpoint } from "../all_in_one/parameters.ts";
import { ModelError } from "../model_error.ts";
import { parsePlainYaml } from "../readers/plain_yaml.ts";
import { readSafetensorsFold } from "../readers/safetensors.ts";

/** Name of the embedded model. */
export const EMBEDDED = "embedded";

/**
 * Confidence of a label below which it counts as unsure: the one that best separates labels which the published folds share from
 * others, on the validation recordings; `unsure_label` in `figures.json`.
 */
export const UNSURE_LABEL = 0.45;

const FOLDER = import.meta.dirname ?? ".";

/**
 * Reads the embedded model.
 *
 * @returns the only fold; its weights, stored in half precision, as f32
 * @throws {ModelError} `unreadable` if a file of the program is missing or cannot be read; otherwise as `readSafetensorsFold()`
 */
export async function embeddedCheckpoint(): Promise<Checkpoint> {
  const read = async (fileName: string): Promise<Uint8Array> => {
    const path = join(FOLDER, fileName);
    return await readFile(path).catch((cause) => {
      const message = `Cannot read ${path}, a part of the program: ${(cause as Error).message}`;
      throw new ModelError("unreadable", message, { cause });
    });
  };
  const [weights, configuration] = await Promise.all([
    read("embedded.safetensors"),
    read("embedded.yaml"),
  ]);
  const text = new TextDecoder().decode(configuration);
  return readSafetensorsFold(EMBEDDED, weights, await configurationOf(text));
}

/** The reader of all of YAML takes longer to load than the weights. */
async function configurationOf(text: string): Promise<AllInOneConfiguration> {
  const plain = parsePlainYaml(text);
  if (plain !== undefined) return parseConfiguration(plain);
  const { parseYamlConfiguration } = await import("../readers/yaml.ts");
  return parseYamlConfiguration(EMBEDDED, text);
}
