/** Tests what is installed with the package of the program: it must run on Node 20 and stay small. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import catalogue from "../catalogue/libraries.json" with { type: "json" };
import configuration from "../deno.json" with { type: "json" };
import { PROGRAM_FOLDER } from "../core/program.ts";
import { billOfMaterials } from "./bill_of_materials.ts";
import { importedPackages, programManifest } from "./manifests.ts";
import { programFiles } from "./program_files.ts";

/** Most bytes of the packages that are installed with the program, without Deno and the kernels. */
const MOST_BYTES = 60e6;

/** Returns the folders of the packages that the program imports, directly or not. */
async function dependencies(): Promise<string[]> {
  const { modules } = await programFiles(PROGRAM_FOLDER);
  const texts = await Promise.all(
    modules.map((path) => readFile(join(PROGRAM_FOLDER, path), "utf8")),
  );
  const { dependencies } = programManifest(
    { ...configuration, catalogue, deno: Deno.version.deno },
    importedPackages(texts),
  );
  const lock = JSON.parse(await readFile(join(PROGRAM_FOLDER, "deno.lock"), "utf8"));
  const { components } = billOfMaterials("0", dependencies as Record<string, string>, lock, []);
  return components.filter(({ type }) => type === "library").map(({ name, version }) =>
    join(
      ...[PROGRAM_FOLDER, "node_modules", ".deno", `${name.replace("/", "+")}@${version}`],
      ...["node_modules", name],
    )
  );
}

/** Returns whether Node 20 is among versions such as `>=18` or `^20.19.0 || >=22`. */
function allowsNode20(versions: string): boolean {
  return versions.split("||").some((range) => {
    const [, sign, major] = /^\s*(>=|\^|~|)\s*v?(\d+)/.exec(range) ?? [];
    return major === undefined || (sign === ">=" ? Number(major) <= 20 : Number(major) === 20);
  });
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const sizes = await Promise.all(
    entries.filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

Deno.test("the dependencies of the package run on Node 20, as yarn demands, and have at most 60 MB", async () => {
  const folders = await dependencies();
  ok(folders.length > 20);
  const tooNew: string[] = [];
  for (const folder of folders) {
    const { engines } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    if (engines?.node !== undefined && !allowsNode20(engines.node)) tooNew.push(folder);
  }
  equal(tooNew, []);
  const sizes = await Promise.all(folders.map(bytesBelow));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  ok(bytes <= MOST_BYTES, `${bytes} bytes`);
});
