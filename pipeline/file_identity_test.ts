import { deepStrictEqual as equal } from "node:assert/strict";
import { createHash } from "node:crypto";
import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { fileIdentity, isUnchanged } from "./file_identity.ts";

Deno.test("a file is unchanged by its time, or by its content where the time is another", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "a.mp3");
    const [first, second] = [new Date(1e12), new Date(2e12)];
    await writeFile(path, "one");
    await utimes(path, first, first);
    const identity = (await fileIdentity(path))!;
    const sha256 = createHash("sha256").update("one").digest("hex");
    equal(identity, { bytes: 3, modified: first.toISOString(), sha256 });
    equal(await isUnchanged(path, identity), true);
    await utimes(path, second, second);
    equal(await isUnchanged(path, identity), true, "copied");
    await writeFile(path, "two");
    await utimes(path, second, second);
    equal(await isUnchanged(path, identity), false, "another content of the same size");
    await writeFile(path, "three");
    equal(await isUnchanged(path, identity), false, "another size");
  });
});

Deno.test("what is no file has no identity", async () => {
  equal(await fileIdentity("/no/such/file"), null);
  equal(await fileIdentity("/"), null);
  equal(await isUnchanged("/no/such/file", { bytes: 0, modified: "", sha256: "" }), false);
});
