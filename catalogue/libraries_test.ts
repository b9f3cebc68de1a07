import { deepStrictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { PROGRAM_FOLDER } from "../core/program.ts";
import versions from "./libraries.json" with { type: "json" };

Deno.test("deno.lock of the repository has no library of the catalogue, and that of the catalogue has all", async () => {
  const specifiers = async (path: string): Promise<string[]> =>
    Object.keys(JSON.parse(await Deno.readTextFile(join(PROGRAM_FOLDER, path))).specifiers);
  const libraries = Object.entries(versions).map(([name, version]) => `npm:${name}@${version}`);
  const own = await specifiers("catalogue/deno.lock");
  equal(libraries.filter((one) => !own.includes(one)), []);
  // `deno task analyze` downloads what it lists.
  const all = await specifiers("deno.lock");
  equal(libraries.filter((one) => all.includes(one)), []);
});
