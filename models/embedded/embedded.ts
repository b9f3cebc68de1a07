/**
 * Embedded model, which ships with the program: one fold of All-In-One, trained by `fixtures/training/`.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { bytesSha256 } from "../../core/hash.ts";
import { IS_PACKAGED } from "../../core/installed_package.ts";
import { PROGRAM_PACKAGE } from "../../core/package_names.ts";
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

const WEIGHTS = "embedded.safetensors";
const CONFIGURATION = "embedded.yaml";

const REMEDY = IS_PACKAGED
  ? `install ${PROGRAM_PACKAGE} again`
  : "restore it with git checkout models/embedded";

/**
 * Reads the embedded model and verifies it against `SHA256SUMS`, which `export.py` writes too.
 *
 * @param folder folder of its files
 * @returns the only fold; its weights, stored in half precision, as f32
 * @throws {ModelError} `unreadable` if a file of the program is missing or cannot be read; `sha256` for a changed file
 */
export async function embeddedCheckpoint(folder: string = FOLDER): Promise<Checkpoint> {
  const read = async (fileName: string): Promise<Uint8Array> => {
    const path = join(folder, fileName);
    return await readFile(path).catch((cause) => {
      const message = `Cannot read ${path}, a part of the program: ${
        (cause as Error).message
      }; ${REMEDY}`;
      throw new ModelError("unreadable", message, { cause });
    });
  };
  const [weights, configuration, sums] = await Promise.all(
    [WEIGHTS, CONFIGURATION, "SHA256SUMS"].map(read),
  );
  const expected = new TextDecoder().decode(sums);
  const sha256 = verified(WEIGHTS, weights!, expected);
  verified(CONFIGURATION, configuration!, expected);
  const text = new TextDecoder().decode(configuration);
  return readSafetensorsFold(EMBEDDED, weights!, await configurationOf(text), sha256);
}

/** Returns the SHA-256 of a file if it is the one in the list of `sha256sum`. */
function verified(fileName: string, bytes: Uint8Array, sums: string): string {
  const sha256 = bytesSha256(bytes);
  if (sums.split("\n").includes(`${sha256}  ${fileName}`)) return sha256;
  throw new ModelError(
    "sha256",
    `${fileName} of the embedded model is damaged: its SHA-256, ${sha256}, is not in SHA256SUMS; ${REMEDY}`,
  );
}

/** The reader of all of YAML takes longer to load than the weights. */
async function configurationOf(text: string): Promise<AllInOneConfiguration> {
  const plain = parsePlainYaml(text);
  if (plain !== undefined) return parseConfiguration(plain);
  const { parseYamlConfiguration } = await import("../readers/yaml.ts");
  return parseYamlConfiguration(EMBEDDED, text);
}
