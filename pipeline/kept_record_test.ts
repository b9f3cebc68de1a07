import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { ensureSpaceToKeep, isRecordOf, readHashes } from "./kept_record.ts";

Deno.test("a record names its track, and has hashes where the rest of it is the same", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "record.json");
    const track = { path: "/a.wav" };
    equal(isRecordOf(file, track), undefined);
    await Deno.writeTextFile(file, "null");
    equal(isRecordOf(file, track), undefined);
    await rejects(readHashes(file, { ...track, shifts: [1] }, "sha256"));
    await Deno.writeTextFile(file, '{"path":"/a.wav","shifts":[1],"sha256":"00"}');
    equal([isRecordOf(file, track), isRecordOf(file, { path: "/b.wav" })], [true, false]);
    equal((await readHashes(file, { ...track, shifts: [1] }, "sha256"))?.sha256, "00");
    equal(await readHashes(file, { ...track, shifts: [2] }, "sha256"), undefined);
    equal(await readHashes(file, { ...track, shifts: [1] }), undefined);
  });
});

Deno.test("ensureSpaceToKeep() says what does not fit", async () => {
  await inTemporaryFolder(async (folder) => {
    await ensureSpaceToKeep("the stems", join(folder, "not", "made"), 1000);
    await rejects(ensureSpaceToKeep("the stems", folder, 2 ** 60), /Cannot keep the stems: /);
  });
});
