import { deepStrictEqual as equal, notStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { until, within } from "../tests/support/deadline.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { lockFile, tryLockFile } from "./file_lock.ts";

Deno.test("tryLockFile() takes a free lock and returns null for a held one", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "x.lock");
    const lock = await tryLockFile(path);
    notStrictEqual(lock, null);
    equal(await tryLockFile(path), null);
    await lock!.release();
    const again = await tryLockFile(path);
    notStrictEqual(again, null);
    await again!.release();
    equal([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("lockFile() waits until the lock is released, and calls onWait once", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "x.lock");
    const first = await lockFile(path);
    let waits = 0;
    let isTaken = false;
    const second = lockFile(path, () => waits++);
    second.then(() => isTaken = true);
    await until("the second call to wait", () => waits > 0);
    // Long enough for another look at the lock.
    await new Promise((resolve) => setTimeout(resolve, 300));
    equal([waits, isTaken], [1, false]);
    await first.release();
    await (await within("the lock", second)).release();
    equal(waits, 1);
  });
});
