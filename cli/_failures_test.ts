import { deepStrictEqual as equal } from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { readFailures, updateFailures } from "./_failures.ts";

const A = { path: "/music/a.mp3", reason: "No audio" };
const ODD = { path: "/music/two\nlines.mp3", reason: "Odd" };

Deno.test("the list of failures keeps what a call says, and goes away with its last track", async () => {
  await inTemporaryFolder(async (folder) => {
    equal(await readFailures(folder), undefined);
    await updateFailures(folder, [A, ODD], () => false);
    equal(await readFailures(folder), [A, ODD]);
    const again = { ...A, reason: "Cut off" };
    await updateFailures(folder, [again], (path) => path === ODD.path);
    equal(await readFailures(folder), [ODD, again]);
    await updateFailures(folder, [], (path) => path === A.path);
    equal(await readFailures(folder), [again]);
    await updateFailures(folder, [], () => false);
    equal(await readdir(folder), []);
  });
});
