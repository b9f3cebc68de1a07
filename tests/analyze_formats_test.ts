/** Tests the options of analyze that write for other programs: formats and tags. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { writeTempoTag } from "../outputs/tags/mod.ts";
import { repository, tactus } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const WEIGHTS = ["-m", "embedded", "--demixer", "hpss-mix"] as const;

const DEMO = join(repository, "fixtures", "audio", "four_four", "mix.flac");

/** Writes a WAV file of two seconds of noise. */
async function makeMix(path: string, seed: number): Promise<string> {
  const samples = noise(2 * 88_200, seed);
  await Deno.writeFile(path, wavFile({ sampleRateHz: 44_100, channels: 2, bits: 16, samples }));
  return path;
}

async function filesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("analyze --format writes the files of each track, and one collection", async () => {
  await inTemporaryFolder(async (folder) => {
    const first = await makeMix(join(folder, "Löve & <Peace>.wav"), 1);
    const second = await makeMix(join(folder, "b.wav"), 2);
    const broken = join(folder, "broken.wav");
    await Deno.writeTextFile(broken, "no audio");
    const out = join(folder, "out");
    const formats = ["--format", "midi,wav-cues", "--format", "rekordbox", "--format", "json,midi"];
    const args = ["analyze", first, broken, second, "-o", out, ...formats, ...WEIGHTS];
    const { code, stderr } = await tactus(args);
    equal(code, 1, stderr);
    equal(
      await filesIn(out),
      [
        ...["Löve & <Peace>.cues.wav", "Löve & <Peace>.json", "Löve & <Peace>.mid"],
        ...["b.cues.wav", "b.json", "b.mid", "failures.m3u8", "tactus.rekordbox.xml"],
      ].toSorted(),
    );
    const xml = await Deno.readTextFile(join(out, "tactus.rekordbox.xml"));
    match(xml, /<COLLECTION Entries="2">/);
    match(xml, /Name="Löve &amp; &lt;Peace&gt;".*Location="file:\/\/localhost.*L%C3%B6ve%20%26%20/);
    ok(!xml.includes("broken"));
    // A file that is older than the JSON would be one of an earlier result.
    const time = async (name: string): Promise<number> =>
      (await Deno.stat(join(out, name))).mtime!.getTime();
    ok(await time("b.cues.wav") >= await time("b.json"));
    ok(await time("b.mid") >= await time("b.json"));

    // Formats are written from finished results, and these are part of the collection.
    const before = await time("b.json");
    const more = ["--format", "lab,rekordbox"];
    const again = await tactus(["analyze", first, second, "-o", out, ...more, ...WEIGHTS]);
    equal(again.code, 0, again.stderr);
    equal(await time("b.json"), before);
    ok((await filesIn(out)).includes("b.lab"));
    equal(await Deno.readTextFile(join(out, "tactus.rekordbox.xml")), xml);

    // Another setting changes the result; files of the earlier one do not pass for its own.
    const other = ["analyze", second, "-o", out, "--end", "1.5", ...WEIGHTS];
    equal((await tactus(other)).code, 0);
    match(await Deno.readTextFile(join(out, "b.lab")), /\t2\t\w+\n$/);
    const dry = await tactus([...other, "--format", "lab", "--dry-run"]);
    match(dry.stdout, /^skip .*; its files of lab are written$/m);
    equal((await tactus([...other, "--format", "lab"])).code, 0);
    match(await Deno.readTextFile(join(out, "b.lab")), /\t1\.5\t\w+\n$/);
  });
});

Deno.test("analyze refuses unknown formats, and formats and tags that need the audio of given stems", async () => {
  const unknown = await tactus(["analyze", DEMO, "--format", "midi,pdf"]);
  equal(unknown.code, 2);
  match(
    unknown.stderr,
    /--format expects a list of names out of json, beats, .*, wav-cues, separated by commas, but got midi,pdf/,
  );
  for (
    const [option, text] of [["--format=wav-cues", "wav-cues"], ["--write-tags", "tags"]] as const
  ) {
    const { code, stderr } = await tactus(["analyze", "--stems-dir", "stems", option]);
    equal(code, 2);
    match(stderr, new RegExp(`${text}.*name each mix as well`));
  }
});

Deno.test("analyze --write-tags does not touch the demo piece", async () => {
  const { code, stderr } = await tactus(["analyze", "--write-tags"]);
  equal(code, 2);
  match(stderr, /--write-tags needs the audio file of a track/);
});

Deno.test("analyze --write-tags changes the file's tags, and fails on a read-only file after its result", async () => {
  await inTemporaryFolder(async (folder) => {
    const song = join(folder, "song.flac");
    const locked = join(folder, "locked.flac");
    await Deno.copyFile(DEMO, song);
    await Deno.copyFile(DEMO, locked);
    await Deno.chmod(locked, 0o444);
    const args = ["analyze", song, locked, "-o", folder, "--write-tags", ...WEIGHTS];
    const { code, stderr } = await tactus(args);
    equal(code, 1);
    match(stderr, /locked\.flac: Could not write the tempo into the tags of .*: it is read-only/);
    const { tempo } = JSON.parse(await Deno.readTextFile(join(folder, "song.json")));
    equal(await writeTempoTag(song, tempo.bpm), false, "the tag holds the tempo of the result");
    equal(await Deno.readFile(locked), await Deno.readFile(DEMO));
    equal(await filesIn(folder), [
      ...["failures.m3u8", "locked.flac", "locked.json", "song.flac", "song.json"],
    ]);
    const time = async (): Promise<unknown> => (await Deno.stat(join(folder, "locked.json"))).mtime;
    const before = await time();
    const again = await tactus(args);
    equal(again.code, 1);
    match(again.stderr, /locked\.flac: Could not write the tempo/);
    equal(await time(), before, "the result is used again");
  });
});
