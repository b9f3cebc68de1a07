import { deepStrictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { PROGRAM_FOLDER } from "../core/program.ts";
import versions from "./libraries.json" with { type: "json" };

Deno.test("the libraries have the types that are used, in the versions of libraries.json", async () => {
  const file = join(PROGRAM_FOLDER, "catalogue", "library_types.ts");
  const imported = [...(await Deno.readTextFile(file)).matchAll(/"npm:(.+)@([^@"]+)"/g)];
  equal(Object.fromEntries(imported.map(([, name, version]) => [name, version])), versions);
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "--lock=catalogue/deno.lock", file],
    cwd: PROGRAM_FOLDER,
    env: { NO_COLOR: "1" },
  }).output();
  equal(code, 0, new TextDecoder().decode(stderr));
});
