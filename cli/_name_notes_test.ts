import { deepStrictEqual as equal } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { nameNotes } from "./_name_notes.ts";

Deno.test("nameNotes() tells whether another track or another file has the name of a track", async () => {
  await inTemporaryFolder(async (folder) => {
    const tracks = [{ path: "/a/x.mp3", name: "x" }, { path: "/b/y.mp3", name: "y" }];
    equal(nameNotes(tracks, ["x", "y"], folder), []);
    const other = "/b/y.mp3: another track has its name; its results are named y.0";
    equal(nameNotes(tracks, ["x", "y.0"], folder), [other]);
    await writeFile(join(folder, "y.json"), '{"path": "/c/y.mp3"}');
    equal(nameNotes(tracks, ["x", "y.0"], folder), [other]);
    const file = `${join(folder, "y.json")} is no result of a track, and stays as it is`;
    for (const content of ['{"mine": 1}', "[]", "null", "no JSON"]) {
      await writeFile(join(folder, "y.json"), content);
      equal(nameNotes(tracks, ["x", "y.0"], folder), [
        `/b/y.mp3: ${file}; its results are named y.0`,
      ]);
    }
  });
});
