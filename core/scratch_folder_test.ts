import { equal, match, rejects } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cleanUpInterrupted } from "./interruption.ts";
import { withScratchFolder } from "./scratch_folder.ts";

Deno.test("withScratchFolder() removes the folder and its files after the work", async () => {
  const folder = await withScratchFolder("tactus_scratch_", async (folder) => {
    await Deno.writeTextFile(join(folder, "file"), "");
    return folder;
  });
  match(folder, /tactus_scratch_/);
  equal(existsSync(folder), false);
});

Deno.test("withScratchFolder() removes the folder when the work fails", async () => {
  let made = "";
  const work = withScratchFolder("tactus_scratch_", (folder) => {
    made = folder;
    return Promise.reject(new Error("no"));
  });
  await rejects(work, /no/);
  equal(existsSync(made), false);
});

Deno.test("withScratchFolder() removes the folder when the program is interrupted", async () => {
  const work = withScratchFolder("tactus_scratch_", (folder) => {
    cleanUpInterrupted();
    return Promise.resolve(existsSync(folder));
  });
  // The second removal finds nothing.
  await rejects(work, Deno.errors.NotFound);
});
