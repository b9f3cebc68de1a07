import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { bundle } from "./bundle.ts";

const MODULES: Readonly<Record<string, string>> = {
  "launcher/start.ts": `import process from "node:process";
import { type Named, name } from "../core/name.ts";
import { ADDRESS } from "../core/address.ts";
const named: Named = { name };
console.log(JSON.stringify([named.name, ADDRESS, process.argv.slice(2)]));
if (import.meta.main) throw new Error("no module is the main one");
`,
  "core/name.ts": `import { ADDRESS } from "./address.ts";
export interface Named { readonly name: string }
export const name: string = ADDRESS.endsWith(".js") ? "packaged" : "clone";
`,
  "core/address.ts": `export const ADDRESS: string = import.meta.url;`,
  "launcher/wrong.ts": `import { z } from "zod"; console.log(z);`,
};

const read = (path: string): Promise<string> => Promise.resolve(MODULES[path]!);

async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(program, { args: [...args] }).output();
  ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("bundle() makes one script that Node runs, with the addresses of its modules", async () => {
  await inTemporaryFolder(async (folder) => {
    const script = join(folder, "launcher", "start.cjs");
    await mkdir(join(folder, "launcher"));
    await writeFile(script, await bundle(read, "launcher/start.ts", "./under_deno.mjs"));
    await writeFile(join(folder, "launcher", "under_deno.mjs"), "console.log(Deno.args[0]);");
    const [name, address, args] = JSON.parse(await outputOf("node", [script, "a", "b c"]));
    equal([name, args], ["packaged", ["a", "b c"]]);
    ok(address.endsWith("/core/address.js"));
    equal(
      await outputOf(Deno.execPath(), ["run", "--quiet", "--allow-read", script, "given"]),
      "given\n",
    );
  });
});

Deno.test("bundle() refuses modules of packages", async () => {
  await rejects(bundle(read, "launcher/wrong.ts", "./under_deno.js"), /wrong\.ts imports zod/);
});
