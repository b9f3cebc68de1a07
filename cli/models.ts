/**
 * `models`: lists, downloads, verifies and removes weights.
 *
 * @module
 */

import type { Registry } from "./_models_run.ts";
import { seconds, text } from "./argument_types.ts";
import { type Command, command, flag, option } from "./command.ts";
import { BASE_URL_VARIABLE } from "./_options.ts";
import { CALL } from "../core/program.ts";

const WEIGHTS_DIR = option(
  text("dir"),
  "folder of weights",
).shownDefault(
  "$TACTUS_MODELS_DIR, else the cache folder of the platform: ~/.cache/tactus/models, " +
    "~/Library/Caches/tactus/models or %LOCALAPPDATA%\\tactus\\models",
);

const DRY_RUN = flag("only print what would be removed");

const PULL_OPTIONS = {
  weightsDir: WEIGHTS_DIR,
  offline: flag("do not use the network: print which files are missing"),
  baseUrl: option(
    text("url"),
    "mirror: a folder that has the files under their names",
  ).shownDefault(`$${BASE_URL_VARIABLE}, else the address of publication`),
  timeout: option(seconds(86_400), "longest time without data from the server").default(30),
} as const;

/** The command `models`. */
export const models: Command = modelsOf();

/**
 * Returns the command.
 *
 * @param registry the models that it lists; absent for the published ones
 */
export function modelsOf(registry?: Registry): Command {
  const list = command({
    name: `${CALL} models list`,
    description: "Prints the models, their sizes, and which are installed.",
    arguments: { "[name...]": "only these models" },
    options: { weightsDir: WEIGHTS_DIR, json: flag("print the list as JSON") },
    run: async (values, names) =>
      await (await import("./_models_run.ts")).listModels(names, values, registry),
  });
  const pull = command({
    name: `${CALL} models pull`,
    description:
      `Downloads the missing or damaged files of models. An interrupted download continues.

Proxies are taken from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.`,
    arguments: { "[name...]": "models to download, at least one" },
    options: PULL_OPTIONS,
    exitCodes: ["all files are installed", "a file could not be downloaded"],
    run: async (values, names) =>
      await (await import("./_models_run.ts")).pullModels(names, values, registry),
  });
  const verify = command({
    name: `${CALL} models verify`,
    description: "Reads the files of models and compares their SHA-256 with the published ones.",
    arguments: { "[name...]": "models to verify; without names all that are installed" },
    options: { weightsDir: WEIGHTS_DIR },
    exitCodes: ["all files are as published", "a file is missing or damaged"],
    run: async (values, names) =>
      await (await import("./_models_run.ts")).verifyModels(names, values, registry),
  });
  const path = command({
    name: `${CALL} models path`,
    description: "Prints the folder of weights, or the paths of the files of models.",
    arguments: { "[name...]": "models" },
    options: { weightsDir: WEIGHTS_DIR },
    run: async (values, names) =>
      await (await import("./_models_run.ts")).printPaths(names, values, registry),
  });
  const remove = command({
    name: `${CALL} models remove`,
    description:
      "Removes the files of models, and what interrupted downloads have left. The folds of harmonix-all " +
      "are its files.",
    arguments: { "[name...]": "models to remove, at least one" },
    options: { weightsDir: WEIGHTS_DIR, dryRun: DRY_RUN },
    exitCodes: ["the files are removed", "a file could not be removed"],
    run: async (values, names) =>
      await (await import("./_models_remove.ts")).removeModels(names, values, registry),
  });
  const cache = command({
    name: `${CALL} models cache`,
    description:
      `Prints the graphs that were built for ONNX Runtime, and their sizes. They are built again when they are needed.

The folder is graphs in $TACTUS_CACHE_DIR, else in the cache folder of the platform.`,
    options: { clear: flag("remove them"), dryRun: DRY_RUN },
    exitCodes: ["done", "a file could not be removed"],
    run: async (values) => await (await import("./_models_remove.ts")).cacheOf(values),
  });
  return command({
    name: `${CALL} models`,
    description:
      "Lists, downloads, verifies and removes weights, which are not part of this program.",
    commands: {
      list: { summary: "print the models and which are installed", load: () => list },
      pull: { summary: "download models", load: () => pull },
      verify: { summary: "compare the files with the published ones", load: () => verify },
      path: { summary: "print the folder or the files of models", load: () => path },
      remove: { summary: "remove the files of models", load: () => remove },
      cache: { summary: "print or remove built graphs", load: () => cache },
    },
  });
}
