/**
 * Reads the configuration file of a fold.
 *
 * @module
 */

import { parse } from "yaml";
import { type AllInOneConfiguration, parseConfiguration } from "../all_in_one/configuration.ts";
import { ModelError } from "../model_error.ts";

/**
 * Reads a configuration from YAML.
 *
 * @param name registered name of the fold, for errors
 * @param text content of the `.yaml` file
 * @throws {ModelError} `format` if it is not YAML, `configuration` as `parseConfiguration()`
 */
export function parseYamlConfiguration(name: string, text: string): AllInOneConfiguration {
  let source: unknown;
  try {
    source = parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw new ModelError("format", `${name}: the configuration is not YAML`, { cause });
  }
  return parseConfiguration(source);
}
