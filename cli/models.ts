/**
 * `models`: which weights there are, and getting them.
 *
 * @module
 */

import { basename, resolve } from "node:path";
import type { ParseArgsConfig } from "node:util";
import {
  LISTED_MODELS,
  type ListedModel,
  modelFiles,
  modelState,
  verifyFile,
} from "../models/download/listed_models.ts";
import { modelsFolder, pullCommand } from "../models/models_folder.ts";
import { modelsJson, modelsTable } from "./models_table.ts";
import { pullModels } from "./models_pull.ts";
import { parsedArgs } from "./parsed_args.ts";
import { UsageError } from "../core/usage_error.ts";

/** What `models --help` prints. */
export const MODELS_HELP = `Usage: deno task models list [NAME...] [--json]
       deno task models pull NAME... [--offline] [--base-url URL] [--timeout SECONDS]
       deno task models verify [NAME...]
       deno task models path [NAME]

Weights are not part of this program: this lists, downloads and checks them.

  list                     what there is, and which of it is installed
  pull                     download what is missing or damaged of the named models; a download that
                           was interrupted is continued
  verify                   read the files and compare their SHA-256; without names all that are there
  path                     print the folder of weights, or where the files of a model are or belong

      --weights-dir DIR    the folder (default: $TACTUS_MODELS_DIR, else the platform's folder for
                           caches: ~/.cache/tactus/models, ~/Library/Caches/tactus/models or
                           %LOCALAPPDATA%\\tactus\\models)
      --json               list as JSON
      --offline            never touch the network: say what is missing
      --base-url URL       a mirror, a folder that has the files under their names
                           (default: $TACTUS_MODELS_BASE_URL, else where they were published)
      --timeout SECONDS    for how long nothing may come from the server (default: 30)
  -h, --help               print this

Proxies are taken from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.
Exit codes: 0 all good, 1 a file could not be had or is not right, 2 the call was wrong or could not
run`;

const COMMON = {
  "weights-dir": { type: "string" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsConfig["options"];

const OPTIONS = {
  list: { ...COMMON, json: { type: "boolean" } },
  pull: {
    ...COMMON,
    offline: { type: "boolean" },
    "base-url": { type: "string" },
    timeout: { type: "string" },
  },
  verify: COMMON,
  path: COMMON,
} as const satisfies Record<string, ParseArgsConfig["options"]>;

type Action = keyof typeof OPTIONS;

/**
 * Runs the command.
 *
 * @param args what follows `models` on the command line
 * @param registry the models there are
 * @returns the exit code: 0, or 1 when a file could not be had or is not right
 * @throws {UsageError | ModelError | DownloadError} if the call is wrong, or the folder cannot be read or written
 */
export async function modelsCommand(
  args: readonly string[],
  registry: readonly ListedModel[] = LISTED_MODELS,
): Promise<number> {
  const [action, ...rest] = args;
  if (action === "--help" || action === "-h") {
    console.log(MODELS_HELP);
    return 0;
  }
  if (action === undefined || !Object.hasOwn(OPTIONS, action)) {
    throw new UsageError(
      `Expected ${Object.keys(OPTIONS).join(", ")}, but got ${action ?? "nothing"}; ` +
        "see deno task models --help",
    );
  }
  const taken: NonNullable<ParseArgsConfig["options"]> = OPTIONS[action as Action];
  const { values, positionals } = parsedArgs("models", {
    args: [...rest],
    options: taken,
    allowPositionals: true,
  });
  if (values.help) {
    console.log(MODELS_HELP);
    return 0;
  }
  const weightsDir = values["weights-dir"] as string | undefined;
  const options = weightsDir ? { weightsDir } : {};
  const models = positionals.map((name) => find(name, registry));
  const folder = resolve(modelsFolder(options));
  switch (action as Action) {
    case "list":
      return await list(folder, models, registry, values.json === true);
    case "pull":
      return await pullModels(models, {
        folder,
        offline: values.offline === true,
        baseUrl: values["base-url"] as string | undefined,
        timeout: values.timeout as string | undefined,
      });
    case "verify":
      return await verify(folder, models, registry, (name) => pullCommand(name, options));
    case "path":
      return await path(folder, models);
  }
}

function find(name: string, registry: readonly ListedModel[]): ListedModel {
  const model = registry.find((one) => one.name === name);
  if (model !== undefined) return model;
  throw new UsageError(
    `There is no model named ${JSON.stringify(name)}; known are ` +
      registry.map((one) => one.name).join(", "),
  );
}

async function list(
  folder: string,
  named: readonly ListedModel[],
  registry: readonly ListedModel[],
  json: boolean,
): Promise<number> {
  const models = named.length > 0 ? named : registry;
  const states = await Promise.all(models.map((model) => modelState(folder, model)));
  console.log(json ? modelsJson(folder, states) : modelsTable(folder, states));
  return 0;
}

async function verify(
  folder: string,
  named: readonly ListedModel[],
  registry: readonly ListedModel[],
  pullCommandOf: (name: string) => string,
): Promise<number> {
  const checked = new Set<string>();
  let failures = 0;
  for (const model of named.length > 0 ? named : registry) {
    const { files, state } = await modelState(folder, model);
    // Those with several parts come in by the parts' own names, unless they were asked for.
    if (named.length === 0 && (model.parts.length > 1 || isAbsent(files))) continue;
    if (state === "built in") console.log(`${model.name}  built in: there is no file to check`);
    let isRight = true;
    for (const file of files) {
      if (checked.has(file.path)) continue;
      checked.add(file.path);
      const verdict = await verifyFile(file);
      console.log(`${basename(file.path)}  ${verdict.words}`);
      isRight &&= verdict.isRight !== false;
    }
    if (isRight) continue;
    failures++;
    console.error(`${model.name} is not as published: get it by ${pullCommandOf(model.name)}`);
  }
  if (named.length === 0 && checked.size === 0) console.log(`There are no weights in ${folder}`);
  return failures === 0 ? 0 : 1;
}

function isAbsent(files: readonly { readonly state: string }[]): boolean {
  return files.every(({ state }) => state === "missing");
}

async function path(folder: string, models: readonly ListedModel[]): Promise<number> {
  if (models.length === 0) console.log(folder);
  for (const model of models) {
    const { files, state } = await modelState(folder, model);
    for (const file of files) console.log(file.path);
    if (state !== "installed") console.error(`${model.name} is ${state}`);
    if (modelFiles(model).length === 0) console.error("It needs no file");
  }
  return 0;
}
