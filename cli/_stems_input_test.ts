import { deepStrictEqual as equal, match, rejects, throws } from "node:assert/strict";
import { basename, join, relative } from "node:path";
import { UsageError } from "../core/usage_error.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { tracksWithStems } from "./_stems_input.ts";
import { STEMS_OPTIONS } from "./_stems_options.ts";
import type { Values } from "./command.ts";

type Given = Values<typeof STEMS_OPTIONS>;

const FOUR = ["bass", "drums", "other", "vocals"];

async function make(folder: string, ...names: string[]): Promise<void> {
  for (const name of names) {
    const path = join(folder, name);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, "");
  }
}

/** Returns path, name and files of each track, relative to a folder. */
async function tracks(
  folder: string,
  values: Given,
  audio: readonly string[] = [],
): Promise<unknown> {
  const found = await tracksWithStems(values, audio);
  return found?.map(({ path, name, stemsDirectory, stems }) => [
    relative(folder, path),
    name,
    stems?.map((stem) => relative(folder, stem)) ??
      (stemsDirectory === undefined ? undefined : relative(folder, stemsDirectory)),
  ]);
}

async function refused(values: Given, audio: readonly string[], message: RegExp): Promise<void> {
  await rejects(tracksWithStems(values, audio), (error) => {
    match((error as Error).message, message);
    return error instanceof UsageError;
  });
}

Deno.test("tracksWithStems() has no tracks where no stems are given", async () => {
  equal(await tracksWithStems({}, ["song.mp3"]), undefined);
});

Deno.test("--stem takes a stem and a file", () => {
  const { type } = STEMS_OPTIONS.stem.declaration;
  equal(type!.parse("bass=a=b.wav", "--stem"), { name: "bass", path: "a=b.wav" });
  for (const text of ["bass", "bass=", "choir=x.wav", "=x.wav", "a.wav"]) {
    throws(
      () => type!.parse(text, "--stem"),
      /--stem expects STEM=FILE, where STEM is one of bass/,
    );
  }
  throws(() => STEMS_OPTIONS.stemsPattern.declaration.type!.parse("x", "-p"), /with \{stem\}/);
});

Deno.test("tracksWithStems() takes one file a stem", async () => {
  const files = [...FOUR, "piano"].map((name) => ({ name, path: `/x/my ${name}.wav` }));
  const stem = files as NonNullable<Given["stem"]>;
  const stems = files.map(({ path }) => path);
  equal(await tracksWithStems({ stem: stem.toReversed() }, ["/m/song.mp3"]), [
    { path: "/m/song.mp3", name: "song", stemsDirectory: "/x", stems },
  ]);
  const [own] = await tracksWithStems({ stem }, []) ?? [];
  equal([own?.path, own?.name], ["/x/my bass.wav", "my bass"]);
  await refused({ stem: stem.slice(1) }, [], /missing for bass/);
  await refused({ stem: [...stem, stem[1]!] }, [], /--stem drums was given twice/);
  await refused({ stem }, ["a", "b"], /one track: expected one AUDIO/);
  await refused({ stem, stemsDir: ["d"] }, [], /one track/);
  await refused({ stem, stemsPattern: "{stem}" }, [], /--stem and --stems-pattern, but got both/);
});

Deno.test("tracksWithStems() finds the files of a pattern, with or without names of tracks", async () => {
  await inTemporaryFolder(async (folder) => {
    const names = ["a", "b c"].flatMap((track) => FOUR.map((stem) => `${track}_${stem}.wav`));
    await make(folder, ...names, "a_guitar.wav", "bass_bass.flac", "x.wav");
    const a = [...FOUR, "guitar"].map((stem) => `a_${stem}.wav`);
    const b = FOUR.map((stem) => `b c_${stem}.wav`);
    const stemsPattern = "{track}_{stem}.wav";
    equal(await tracks(folder, { stemsPattern, stemsDir: [folder] }), [
      ["a", "a", a],
      ["b c", "b c", b],
    ]);
    equal(await tracks(folder, { stemsPattern }, [join(folder, "b c.mp3")]), [
      ["b c.mp3", "b c", b],
    ]);
    equal(await tracks(folder, { stemsPattern, stemsDir: [folder] }, ["/else/a.flac"]), [
      [relative(folder, "/else/a.flac"), "a", a],
    ]);
    await make(folder, ...FOUR.map((stem) => `parts/s1/${stem}.flac`));
    const inFolders = { stemsPattern: "parts/{track}/{stem}.flac" };
    equal(await tracks(folder, inFolders, [join(folder, "s1.mp3")]), [
      ["s1.mp3", "s1", FOUR.map((stem) => `parts/s1/${stem}.flac`)],
    ]);
    const whole = { stemsPattern: "{stem}.flac", stemsDir: [join(folder, "parts", "s1")] };
    equal(await tracks(folder, whole), [
      ["parts/s1", "s1", FOUR.map((stem) => `parts/s1/${stem}.flac`)],
    ]);
    await refused(inFolders, [], /needs AUDIO or --stems-dir/);
    await refused({ ...inFolders, stemsDir: [folder] }, [], /needs \{track\} once, in the name/);
    await refused({ stemsPattern, stemsDir: ["a", "b"] }, [], /needs one --stems-dir/);
    await refused({ stemsPattern: "{stem}.wav" }, ["a", "b"], /one track, but got 2 AUDIO/);
    await refused({ stemsPattern: "{track}-{stem}.wav", stemsDir: [folder] }, [], /No file in/);
    const gone = join(folder, "gone");
    await refused({ stemsPattern, stemsDir: [gone] }, [], /Cannot read the folder of --stems-pat/);
  });
});

Deno.test("tracksWithStems() reads a JSON of tracks, with paths relative to it", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "tracks.json");
    const read = async (content: unknown): Promise<unknown> => {
      await Deno.writeTextFile(file, JSON.stringify(content));
      return await tracks(folder, { tracks: file });
    };
    const stems = Object.fromEntries(FOUR.map((stem) => [stem, `s/${stem}.wav`]));
    const files = FOUR.map((stem) => `s/${stem}.wav`);
    equal(
      await read([
        "mix.mp3",
        { path: "song.mp3", stems: "separated/song" },
        { path: "other/song.mp3", name: "song two", stems },
        { path: "six.mp3", stems: { ...stems, piano: "p.wav" } },
      ]),
      [
        ["mix.mp3", "mix", undefined],
        ["song.mp3", "song", "separated/song"],
        ["other/song.mp3", "song two", files],
        ["six.mp3", "six", [...files, "p.wav"]],
      ],
    );
    // As all-in-one-infer's --stems-dict.
    equal(await read({ "a.mp3": "x", "b.mp3": stems }), [["a.mp3", "a", "x"], [
      "b.mp3",
      "b",
      files,
    ]]);
    for (
      const content of [
        [],
        {},
        1,
        [{ path: "" }],
        [{ path: "a", stems: { bass: "b" } }],
        [{ path: "a", name: "x/y" }],
        [{ path: "a", more: 1 }],
      ]
    ) {
      await Deno.writeTextFile(file, JSON.stringify(content));
      await refused(
        { tracks: file },
        [],
        new RegExp(`${basename(file)} (has no|should have) tracks`),
      );
    }
    // Of the alternatives the one that fits best.
    await Deno.writeTextFile(file, JSON.stringify([{ path: "a.mp3", stem: "a" }]));
    await refused({ tracks: file }, [], /: \/0: Unrecognized key: "stem"/);
    await Deno.writeTextFile(file, JSON.stringify([{ path: "a.mp3", stems: { bass: "b.wav" } }]));
    await refused({ tracks: file }, [], /: \/0\/stems\/drums: Invalid input: expected string/);
    await Deno.writeTextFile(file, "{");
    await refused({ tracks: file }, [], /Cannot read the tracks of .*tracks\.json/);
    await refused({ tracks: join(folder, "gone") }, [], /Cannot read the tracks of .*gone/);
    await refused({ tracks: file }, ["a.mp3"], /expected neither AUDIO/);
  });
});

Deno.test("tracksWithStems() takes a folder with a folder of each track's name", async () => {
  await inTemporaryFolder(async (folder) => {
    await make(folder, "a/bass.wav", "b/bass.wav");
    const stemsDir = [folder];
    equal(await tracks(folder, { stemsDir }, [join(folder, "b.mp3"), join(folder, "a.mp3")]), [
      ["b.mp3", "b", "b"],
      ["a.mp3", "a", "a"],
    ]);
    equal(await tracks(folder, { stemsDir }, [join(folder, "c.mp3")]), [["c.mp3", "c", ""]]);
    await refused({ stemsDir }, ["a.mp3", "c.mp3"], /one AUDIO for each --stems-dir, or none/);
  });
});

Deno.test("tracksWithStems() takes one folder of stems a track", async () => {
  equal(await tracksWithStems({ stemsDir: ["/s/a", "/s/b"] }, []), [
    { path: "/s/a", name: "a", stemsDirectory: "/s/a" },
    { path: "/s/b", name: "b", stemsDirectory: "/s/b" },
  ]);
  await refused({ stemsDir: ["/s/a", "/s/b"] }, ["x"], /one AUDIO for each --stems-dir, or none/);
});
