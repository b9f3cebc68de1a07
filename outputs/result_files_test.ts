import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { cleanUpInterrupted } from "../core/interruption.ts";
import { writeWhole } from "../core/files.ts";
import { formatResult } from "./formats/format_result.ts";
import { missingFormats, missingFromResult, resultName } from "./result_files.ts";

async function filesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("writeWhole() writes a file and leaves nothing else", async () => {
  await inTemporaryFolder(async (folder) => {
    await writeWhole(join(folder, "a.json"), "old");
    await writeWhole(join(folder, "a.json"), "new");
    equal(await Deno.readTextFile(join(folder, "a.json")), "new");
    equal(await filesIn(folder), ["a.json"]);
  });
});

Deno.test("writeWhole() creates the folder", async () => {
  await inTemporaryFolder(async (folder) => {
    await writeWhole(join(folder, "x", "y", "a.json"), "text");
    equal(await Deno.readTextFile(join(folder, "x", "y", "a.json")), "text");
  });
});

Deno.test("writeWhole() shows no file under the final name until it is complete", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "a.npy");
    let isDone = false;
    const writing = writeWhole(path, new Uint8Array(2 ** 26)).finally(() => isDone = true);
    while (!isDone) {
      const size = await Deno.stat(path).then(({ size }) => size, () => undefined);
      ok(size === undefined || size === 2 ** 26, `${size} bytes`);
    }
    await writing;
  });
});

Deno.test("cleanUpInterrupted() removes an unfinished file", async () => {
  await inTemporaryFolder(async (folder) => {
    const names = (): string[] => [...Deno.readDirSync(folder)].map(({ name }) => name);
    let during: string[] = [];
    let after: string[] = [];
    function* parts(): Iterable<Uint8Array> {
      yield new Uint8Array(1000);
      during = names();
      cleanUpInterrupted();
      after = names();
      yield new Uint8Array(1000);
    }
    // It fails at the renaming, because its file is gone.
    await rejects(writeWhole(join(folder, "a.npy"), parts()), { code: "ENOENT" });
    equal([during.length, after], [1, []]);
    equal(await filesIn(folder), []);
  });
});

Deno.test("writeWhole() removes the temporary file if it cannot be renamed", async () => {
  await inTemporaryFolder(async (folder) => {
    await Deno.mkdir(join(folder, "taken", "inside"), { recursive: true });
    await rejects(writeWhole(join(folder, "taken"), "text"));
    equal(await filesIn(folder), ["taken"]);
  });
});

Deno.test("resultName() keeps dots, and avoids names that are in use", async () => {
  await inTemporaryFolder(async (folder) => {
    const track = { name: "01. Mr. Song", path: "/music/01. Mr. Song", stemsDirectory: "" };
    equal(resultName(track, folder), "01. Mr. Song");
    await Deno.writeTextFile(join(folder, "01. Mr. Song.activ.npz"), "another file");
    ok(/^01\. Mr\. Song\.[0-9a-f]{8}$/.test(resultName(track, folder)));
    await Deno.writeTextFile(
      join(folder, "01. Mr. Song.json"),
      JSON.stringify({ path: track.path }),
    );
    equal(resultName(track, folder), "01. Mr. Song");
    await Deno.writeTextFile(join(folder, "01. Mr. Song.json"), JSON.stringify({ path: "/other" }));
    ok(resultName(track, folder) !== "01. Mr. Song");
    await Deno.writeTextFile(join(folder, "01. Mr. Song.json"), "");
    equal(resultName(track, folder), "01. Mr. Song");
  });
});

Deno.test("resultName() avoids names that are in use in the folder of arrays", async () => {
  await inTemporaryFolder(async (folder) => {
    const [out, arrays] = ["out", "arrays"].map((name) => join(folder, name));
    const track = { name: "song", path: "/a/song" };
    await writeWhole(join(arrays!, "song.embed.npy"), "of another track");
    ok(/^song\.[0-9a-f]{8}$/.test(resultName(track, out!, arrays)));
    equal(resultName(track, out!), "song");
    await writeWhole(join(out!, "song.json"), JSON.stringify({ path: track.path }));
    equal(resultName(track, out!, arrays), "song");
  });
});

Deno.test("missingFormats() tells formats of which a file is missing or older than the JSON", async () => {
  await inTemporaryFolder(async (folder) => {
    const stem = join(folder, "song");
    const names = [".lab", ".beats.csv", ".segments.csv", ".json", ".mid"];
    for (const [at, ending] of names.entries()) {
      await Deno.writeTextFile(`${stem}${ending}`, "");
      await utimes(`${stem}${ending}`, 1000 + at, 1000 + at);
    }
    equal(missingFormats(stem, ["midi", "csv", "jams", "lab", "json"]), ["csv", "jams", "lab"]);
    await utimes(`${stem}.lab`, 1003, 1003);
    equal(missingFormats(stem, ["lab", "rekordbox"]), [], "a collection is always written");
  });
});

Deno.test("missingFromResult() tells of a click track that is missing or older than the JSON", async () => {
  await inTemporaryFolder(async (folder) => {
    const track = { path: join(folder, "song.flac"), name: "song" };
    const found = { path: track.path, beats: [], downbeats: [], beat_positions: [], segments: [] };
    const of = (more: object): ReturnType<typeof formatResult> =>
      formatResult(JSON.stringify({ ...found, ...more }));
    const options = {
      ...{ directory: folder, activations: false, embeddings: false },
      trackFiles: {
        ...{ plotDirectory: folder, plots: [], page: false },
        clicks: { directory: folder, format: "auto" as const },
      },
    };
    const isMissing = (more: object): boolean => missingFromResult(track, of(more), options).clicks;
    await Deno.writeTextFile(join(folder, "song.json"), "");
    equal([isMissing({ provenance: {} }), isMissing({})], [true, true]);
    await Deno.writeTextFile(join(folder, "song.sonif.flac"), "");
    await utimes(join(folder, "song.sonif.flac"), 1000, 1000);
    equal([isMissing({ provenance: {} }), isMissing({})], [true, false]);
    await utimes(join(folder, "song.json"), 999, 999);
    equal(isMissing({ provenance: {} }), false);
    const { trackFiles: _, ...without } = options;
    equal(missingFromResult(track, of({}), without), { formats: [], clicks: false });
  });
});
