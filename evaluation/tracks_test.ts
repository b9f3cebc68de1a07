import { deepStrictEqual as equal, rejects, throws } from "node:assert/strict";
import { dirname, join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { findTracks, onlyFile, StoredResults } from "./tracks.ts";

async function withFiles(
  files: readonly string[],
  work: (folder: string) => Promise<void>,
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    for (const file of files) {
      await Deno.mkdir(dirname(join(folder, file)), { recursive: true });
      await Deno.writeTextFile(join(folder, file), "");
    }
    await work(folder);
  });
}

Deno.test("findTracks() finds pairs of files, and folders with a mix or truth, by name", async () => {
  const files = [
    "b.wav",
    "b.json",
    "a.MP3",
    "a.jams",
    "no_truth.flac",
    "no_audio.json",
    "notes.txt",
    ".hidden.wav",
    "folder/mix.flac",
    "folder/truth.jams",
    "folder/bass.flac",
    "only_truth/truth.json",
    "other/readme.md",
  ];
  await withFiles(files, async (folder) => {
    const at = (...names: string[]): string[] => names.map((name) => join(folder, name));
    const [inside, onlyTruth] = at("folder", "only_truth");
    equal(await findTracks(folder, true), [
      { name: "a", mixes: at("a.MP3"), truths: at("a.jams") },
      { name: "b", mixes: at("b.wav"), truths: at("b.json") },
      {
        name: "folder",
        mixes: at("folder/mix.flac"),
        stemsDirectory: inside,
        truths: at("folder/truth.jams"),
      },
      { name: "no_truth", mixes: at("no_truth.flac"), truths: [] },
      {
        name: "only_truth",
        mixes: [],
        stemsDirectory: onlyTruth,
        truths: at("only_truth/truth.json"),
      },
    ]);
    const names = (await findTracks(folder, false)).map(({ name }) => name);
    equal(names, ["a", "b", "folder", "no_audio", "no_truth", "only_truth"]);
  });
});

Deno.test("findTracks() accepts a folder that is itself a track", async () => {
  await withFiles(["song/drums.wav", "song/truth.json", "song/result.json"], async (folder) => {
    const song = join(folder, "song");
    const track = { name: "song", mixes: [], stemsDirectory: song };
    equal(await findTracks(song, true), [{ ...track, truths: [join(song, "truth.json")] }]);
  });
});

Deno.test("findTracks() separates names with dots, and lists all files of one name", async () => {
  await withFiles(["a.wav", "a.flac", "a.json", "a.jams", "a.b.wav"], async (folder) => {
    const tracks = await findTracks(folder, true);
    equal(tracks.map(({ name, mixes, truths }) => [name, mixes.length, truths.length]), [
      ["a", 2, 2],
      ["a.b", 1, 0],
    ]);
    throws(() => onlyFile(tracks[0]!.mixes, "mix"), /two files for the mix, a\.flac and a\.wav/);
    throws(() => onlyFile(tracks[1]!.truths, "truth"), /There is no truth/);
  });
});

Deno.test("findTracks() names the folder that cannot be read", async () => {
  await rejects(findTracks("no/such/folder", true), /Cannot read the folder no\/such\/folder/);
});

Deno.test("StoredResults finds a result by the track's name, otherwise by the path in it", async () => {
  await inTemporaryFolder(async (folder) => {
    const write = (name: string, path: unknown): Promise<void> =>
      Deno.writeTextFile(join(folder, name), JSON.stringify({ path }));
    await write("song.json", "/elsewhere/song.wav");
    await write("mix.json", "/music/one/mix.flac");
    await write("mix.0a1b2c3d.json", "/music/two/mix.flac");
    await write("stems.json", "/music/three");
    await write("odd.json", 7);
    await Deno.writeTextFile(join(folder, "broken.json"), "{");
    const results = await StoredResults.open(folder);
    const file = async (name: string, mixes: string[], stemsDirectory?: string): Promise<string> =>
      await results.fileOf({ name, mixes, truths: [], ...(stemsDirectory && { stemsDirectory }) });
    equal(await file("song", ["/music/song.wav"]), join(folder, "song.json"));
    equal(await file("one", ["/music/one/mix.flac"]), join(folder, "mix.json"));
    equal(
      await file("two", ["/music/two/mix.flac"], "/music/two"),
      join(folder, "mix.0a1b2c3d.json"),
    );
    equal(await file("three", [], "/music/three"), join(folder, "stems.json"));
    await rejects(file("four", [], "/music/four"), /There is no four\.json in/);
  });
  await rejects(StoredResults.open("no/such"), /Cannot read the results folder no\/such/);
});
