import { equal, match } from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { commitOf, madeBy } from "./made_by.ts";

Deno.test("commitOf() reads the commit of a branch, a packed branch and a detached head", async () => {
  await inTemporaryFolder(async (folder) => {
    equal(await commitOf(folder), null);
    const [one, two] = ["1".repeat(40), "2".repeat(40)];
    await mkdir(join(folder, ".git", "refs", "heads"), { recursive: true });
    await writeFile(join(folder, ".git", "HEAD"), "ref: refs/heads/main\n");
    equal(await commitOf(folder), null);
    await writeFile(join(folder, ".git", "packed-refs"), `# pack-refs\n${two} refs/heads/main\n`);
    equal(await commitOf(folder), two);
    await writeFile(join(folder, ".git", "refs", "heads", "main"), `${one}\n`);
    equal(await commitOf(folder), one);
    await writeFile(join(folder, ".git", "HEAD"), `${two}\n`);
    equal(await commitOf(folder), two);
  });
});

Deno.test("madeBy() names program, machine and versions", async () => {
  const { program, machine, versions } = await madeBy();
  match(program, /^tactus \d/);
  match(machine, new RegExp(`${Deno.build.os} ${Deno.build.arch}`));
  equal(versions["deno"], Deno.version.deno);
});
