import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { inTemporaryFolder } from "../../tests/support/temporary_folder.ts";
import { CorpusError } from "../../pipeline/corpus.ts";
import { findCorpus } from "./corpus.ts";

/** Writes files, each with its own name as content. */
async function write(folder: string, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), path);
  }
}

const STEMS = ["bass.wav", "drums.wav", "other.wav", "vocals.wav"];

Deno.test("findCorpus() takes files, folders with a mix or stems, and folders of these", async () => {
  await inTemporaryFolder(async (folder) => {
    await write(folder, "one.mp3", "many/a.flac", "many/notes.txt", "many/b/mix.wav");
    await write(folder, ...STEMS.map((stem) => `many/c/${stem}`), "many/empty/x.txt");
    await write(folder, ...STEMS.map((stem) => `many/b/${stem}`));
    const tracks = await findCorpus([join(folder, "one.mp3"), join(folder, "many")]);
    const found = tracks.map(({ name, path, stemsDirectory }) => [
      name,
      relative(folder, path),
      stemsDirectory === undefined ? "mix" : "stems",
    ]);
    equal(found, [
      ["one", "one.mp3", "mix"],
      ["a", "many/a.flac", "mix"],
      ["b", "many/b/mix.wav", "mix"],
      ["c", "many/c", "stems"],
    ]);
    equal(new Set(tracks.map(({ sha256 }) => sha256)).size, 4);
    await write(folder, "many/c/bass.wav");
    await Deno.writeTextFile(join(folder, "many/c/bass.wav"), "changed");
    const [changed] = await findCorpus([join(folder, "many/c")]);
    ok(changed?.sha256 !== tracks[3]?.sha256);
  });
});

Deno.test("findCorpus() gives two tracks of the same name different names", async () => {
  await inTemporaryFolder(async (folder) => {
    await write(folder, "x/song.wav", "y/song.wav");
    const [first, second] = await findCorpus([join(folder, "x"), join(folder, "y")]);
    equal(first?.name, "song");
    ok(/^song\.[0-9a-f]{8}$/.test(second?.name ?? ""), second?.name);
    await rejects(
      findCorpus([join(folder, "x"), join(folder, "x", "song.wav"), join(folder, "x")]),
      CorpusError,
    );
  });
});

Deno.test("findCorpus() names a path without a track", async () => {
  await inTemporaryFolder(async (folder) => {
    await write(folder, "empty/readme.txt", "two/mix.wav", "two/mix.flac");
    await rejects(findCorpus([join(folder, "empty")]), /There is no track in .*empty: expected/);
    await rejects(findCorpus([join(folder, "none.wav")]), /Cannot read .*none\.wav/);
    await rejects(findCorpus([join(folder, "two")]), /two mixes, mix\.(wav|flac) and mix\./);
  });
});

Deno.test("findCorpus() returns the demo pieces if no path is given", async () => {
  equal((await findCorpus([])).map(({ name }) => name), ["four_four", "three_four"]);
});
