import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { chmod, chown, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { ensureFolder } from "./_writable.ts";

Deno.test({
  name:
    "a folder of another user is writable where the system allows it, and nothing is left in it",
  // Only the administrator can give a folder away.
  ignore: Deno.build.os === "windows" || Deno.uid() !== 0,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const given = join(folder, "given");
      await mkdir(given);
      await chmod(given, 0o755);
      await chown(given, 65534, 65534);
      await ensureFolder(join(given, "results"), "--out-dir");
      equal(await readdir(given), []);
    });
  },
});

Deno.test({
  name: "a folder without the right to write is refused before the work begins",
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      await chmod(folder, 0o555);
      await rejects(ensureFolder(folder, "--out-dir"), /^UsageError: Cannot write .*--out-dir$/);
      await chmod(folder, 0o755);
    });
  },
});
