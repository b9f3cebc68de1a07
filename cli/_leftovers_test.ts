import { deepStrictEqual as equal } from "node:assert/strict";
import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { removeLeftovers, stemsFolders } from "./_leftovers.ts";

Deno.test("removeLeftovers() removes what has not changed for a minute, or since the call before", async () => {
  await inTemporaryFolder(async (folder) => {
    for (
      const name of [".a.json.1.unfinished", ".b.json.22.unfinished", "c.unfinished", "d.json"]
    ) {
      await writeFile(join(folder, name), "{");
    }
    const old = new Date(Date.now() - 120_000);
    await utimes(join(folder, ".a.json.1.unfinished"), old, old);
    const left = await removeLeftovers([folder]);
    equal([...left.keys()], [join(folder, ".b.json.22.unfinished")]);
    await utimes(join(folder, ".b.json.22.unfinished"), new Date(), new Date(Date.now() + 5000));
    equal((await removeLeftovers([folder], left)).size, 1, "it was written to");
    const again = await removeLeftovers([folder]);
    equal((await removeLeftovers([folder], again)).size, 0);
    equal((await readdir(folder)).sort(), ["c.unfinished", "d.json"]);
  });
});

Deno.test("removeLeftovers() finds nothing in a folder that does not exist", async () => {
  equal((await removeLeftovers(["/no/such/folder"])).size, 0);
});

Deno.test("stemsFolders() finds the folders of the tracks' stems", async () => {
  await inTemporaryFolder(async (folder) => {
    const stems = ["hpss/a", "hpss/b", "htdemucs/a"].map((path) => join(folder, path));
    for (const one of stems) await mkdir(one, { recursive: true });
    await writeFile(join(folder, "hpss", "file"), "");
    equal((await stemsFolders(folder)).sort(), stems);
    equal(await stemsFolders(join(folder, "missing")), []);
  });
});
