/**
 * Files of the repository that each package has.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";

/** Folders with modules of the program. */
const MODULE_FOLDERS: readonly string[] = [
  ...["core", "kernels", "models", "pipeline", "parity", "evaluation", "outputs", "reports"],
  ...["harness", "catalogue", "service", "cli", "packages/launcher"],
];

/** The launcher, which is bundled instead. */
export const LAUNCHER = "packages/launcher/tactus.ts";

/** Files that modules read, or that a package has for its readers. */
const ASSETS: readonly RegExp[] = [
  /\.(?:css|ttf)$/,
  /\/client\/[^/]+\.js$/,
  /\.schema\.json$/,
  /^catalogue\/libraries\.json$/,
  /\/fonts\/OFL\.txt$/,
  /^models\/embedded\/(?:embedded\.(?:safetensors|yaml)|SHA256SUMS)$/,
  /\/self_test\/answers\.json$/,
];

/** Files of the crate, which is built where no compiled kernels fit. */
const CRATE: readonly RegExp[] = [
  /^kernels\/Cargo\.(?:toml|lock)$/,
  /^kernels\/(?:src|benches)\/.*\.rs$/,
];

/** The documentation, which messages name. */
const DOCUMENTS = /^docs\/[^/]+\.md$/;

/** Files from outside the folders of modules. */
const OTHERS: readonly string[] = [
  ...["LICENSE", "CHANGELOG.md", "SECURITY.md", "regression.toml"],
  "fixtures/audio/four_four/mix.flac",
];

/** Pieces with stems and annotations, which `bench` and `nightly` measure. */
const DEMO_PIECES = ["four_four", "three_four"] as const;

/** Files of the program's package. */
export interface ProgramFiles {
  /** Modules to transpile. */
  readonly modules: readonly string[];
  /** Files to copy. */
  readonly assets: readonly string[];
}

/**
 * Returns the files of the program's package.
 *
 * @param root the repository
 */
export async function programFiles(root: string): Promise<ProgramFiles> {
  const all = (await Promise.all(MODULE_FOLDERS.map((folder) => filesBelow(root, folder)))).flat();
  const isModule = (path: string): boolean =>
    /\.tsx?$/.test(path) && !/_test\.tsx?$/.test(path) && !path.includes("/testdata/");
  const isAsset = (path: string): boolean =>
    [...ASSETS, ...CRATE].some((pattern) => pattern.test(path)) && !path.includes("/testdata/");
  return {
    modules: ["main.ts", ...all.filter((path) => isModule(path) && path !== LAUNCHER)],
    assets: [
      ...all.filter(isAsset),
      ...(await filesBelow(root, "docs")).filter((path) => DOCUMENTS.test(path)),
      ...OTHERS,
    ],
  };
}

/**
 * Returns the files of the fixtures' package: what the manifest names, and the demo pieces.
 *
 * @param root the repository
 */
export async function fixtureFiles(root: string): Promise<string[]> {
  const folder = join(root, "fixtures");
  const manifest = JSON.parse(await Deno.readTextFile(join(folder, "manifest.json")));
  const paths = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, one] of Object.entries(value)) {
      if (key === "path" && typeof one === "string") paths.add(one);
      else visit(one);
    }
  };
  visit(manifest);
  for (const piece of DEMO_PIECES) {
    for (const name of await filesBelow(root, `fixtures/audio/${piece}`)) {
      paths.add(name.replace("fixtures/", ""));
    }
  }
  return ["manifest.json", ...[...paths].sort()];
}

/** Returns the files below a folder, sorted; none if there is no such folder. Build outputs are left out. */
async function filesBelow(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    const path = relative(root, join(root, folder, entry.name)).replaceAll("\\", "/");
    if (path === "kernels/target") continue;
    if (entry.isDirectory()) found.push(...await filesBelow(root, path));
    else if (entry.isFile()) found.push(path);
  }
  return found.sort();
}
