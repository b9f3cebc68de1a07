import { deepStrictEqual as equal, match } from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import {
  expandInputs,
  type InputOptions,
  type Inputs,
  listedPaths,
  playlistEntries,
} from "./_inputs.ts";

const OPTIONS: InputOptions = {
  isRecursive: false,
  without: [],
  standardInput: () => Promise.resolve(new Uint8Array()),
};

/** Makes empty files and expands arguments, whose paths are relative to the folder, as the result's are. */
async function expanded(
  files: readonly string[],
  args: readonly string[],
  options: Partial<InputOptions> = {},
  prepare: (folder: string) => Promise<void> = () => Promise.resolve(),
): Promise<Inputs> {
  return await inTemporaryFolder(async (folder) => {
    for (const file of files) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), "");
    }
    await prepare(folder);
    const inputs = await expandInputs(
      args.map((arg) => arg === "-" ? arg : join(folder, arg)),
      { ...OPTIONS, ...options },
    );
    return {
      paths: inputs.paths.map((path) => relative(folder, path)),
      failures: inputs.failures.map(({ path, reason }) => ({
        path: path.startsWith(folder) ? relative(folder, path) : path,
        reason: reason.replaceAll(folder, "…"),
      })),
    };
  });
}

const TREE = [
  "b.mp3",
  "a.WAV",
  "notes.txt",
  ".hidden.mp3",
  "._a.wav",
  "deep/er/c.flac",
  "deep/d.ogg",
];

Deno.test("a folder gives its audio files, ordered by name, and with --recursive those within it", async () => {
  equal((await expanded(TREE, ["."])).paths, ["a.WAV", "b.mp3"]);
  const { paths } = await expanded(TREE, ["."], { isRecursive: true });
  equal(paths, ["a.WAV", "b.mp3", "deep/d.ogg", "deep/er/c.flac"]);
});

Deno.test("a folder without audio is a failure that names --recursive where that could help", async () => {
  const { paths, failures } = await expanded(["x/y/z.mp3"], ["x"]);
  equal(paths, []);
  equal(failures[0]?.path.split("/").at(-1), "x");
  match(failures[0]?.reason ?? "", /no audio files; --recursive/);
});

Deno.test("a file is taken whatever its ending, once, and also where it does not exist", async () => {
  const { paths, failures } = await expanded(TREE, [
    "notes.txt",
    "b.mp3",
    "no.mp3",
    "./b.mp3",
    ".",
  ]);
  equal(paths, ["notes.txt", "b.mp3", "no.mp3", "a.WAV"]);
  equal(failures, []);
});

Deno.test("patterns are expanded, and a file with the name of a pattern is that file", async () => {
  const files = ["1/a.mp3", "1/b.wav", "2/c.mp3", "2/read.me", "[x].mp3", "x.mp3"];
  equal((await expanded(files, ["*/*.mp3"])).paths, ["1/a.mp3", "2/c.mp3"]);
  equal((await expanded(files, ["?/*"])).paths, ["1/a.mp3", "1/b.wav", "2/c.mp3"]);
  equal((await expanded(files, ["{1,2}/*.{mp3,wav}"])).paths, ["1/a.mp3", "1/b.wav", "2/c.mp3"]);
  equal((await expanded(files, ["[x].mp3"])).paths, ["[x].mp3"]);
  equal((await expanded(files, ["**/*.mp3"])).paths.length, 4);
  match((await expanded(files, ["*.flac"])).failures[0]?.reason ?? "", /No file matches/);
});

Deno.test("a playlist gives its entries, relative to it, and reports addresses", async () => {
  const { paths, failures } = await expanded(
    ["music/a.mp3", "music/b c.mp3", "music/sub/d.mp3"],
    ["music/list.m3u8"],
    {},
    async (folder) => {
      const b = pathToFileURL(join(folder, "music", "b c.mp3"));
      await writeFile(
        join(folder, "music", "list.m3u8"),
        `\ufeff#EXTM3U\r\n#EXTINF:1,A\r\na.mp3\r\n${b}\r\nsub\\d.mp3\r\nhttp://x/y.mp3\r\n\r\nno.mp3\r\n`,
      );
    },
  );
  equal(paths, ["music/a.mp3", "music/b c.mp3", "music/sub/d.mp3", "music/no.mp3"]);
  equal(failures.map(({ path }) => path), ["http://x/y.mp3"]);
  equal(playlistEntries(Uint8Array.of(0xe4, 0x2e, 0x6d)), ["ä.m"]);
});

Deno.test("a playlist in a playlist gives its entries too, each playlist once", async () => {
  const { paths, failures } = await expanded(
    ["a.mp3", "sub/b.mp3"],
    ["list.m3u8"],
    {},
    async (folder) => {
      await writeFile(join(folder, "list.m3u8"), "a.mp3\nsub/inner.m3u\n");
      await writeFile(join(folder, "sub", "inner.m3u"), "b.mp3\n../list.m3u8\n");
    },
  );
  equal([paths, failures], [["a.mp3", "sub/b.mp3"], []]);
});

Deno.test("- reads paths from standard input, separated by lines or by NUL", async () => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  equal(listedPaths(encode("a\nb c\r\n\n")), ["a", "b c"]);
  equal(listedPaths(encode("a\nb\0c\0")), ["a\nb", "c"]);
  const standardInput = (): Promise<Uint8Array> => Promise.resolve(encode("/x/a.mp3\n"));
  const { paths } = await expandInputs(["-"], { ...OPTIONS, standardInput });
  equal(paths, ["/x/a.mp3"]);
});

Deno.test("folders that the program writes to are not searched, and links that lead back end", async () => {
  const { paths } = await inTemporaryFolder(async (folder) => {
    await mkdir(join(folder, "demix", "htdemucs"), { recursive: true });
    await writeFile(join(folder, "demix", "htdemucs", "bass.wav"), "");
    await writeFile(join(folder, "song.mp3"), "");
    await symlink(folder, join(folder, "again"));
    const without = [join(folder, "demix"), join(folder, "struct")];
    return await expandInputs([folder], { ...OPTIONS, isRecursive: true, without });
  });
  equal(paths.map((path) => path.split("/").at(-1)), ["song.mp3"]);
});

Deno.test("click tracks and copies with cues are no tracks of a folder or pattern, but can be named", async () => {
  const files = ["a.wav", "a.sonif.wav", "a.sonif.FLAC", "a.cues.wav", "out/b.wav", "in/out/c.wav"];
  equal((await expanded(files, ["."])).paths, ["a.wav"]);
  equal((await expanded(files, ["*.wav"])).paths, ["a.wav"]);
  equal((await expanded(files, ["a.cues.wav"])).paths, ["a.cues.wav"]);
});

Deno.test("a pattern does not reach into the folders that the program writes to, unless it names them", async () => {
  await inTemporaryFolder(async (folder) => {
    for (const file of ["a.wav", "out/b.wav", "output/c.wav"]) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), "");
    }
    const found = async (pattern: string, without: string): Promise<string[]> => {
      const options = { ...OPTIONS, without: [join(folder, without)] };
      const { paths } = await expandInputs([join(folder, pattern)], options);
      return paths.map((path) => relative(folder, path));
    };
    equal(await found("**/*.wav", "out"), ["a.wav", "output/c.wav"]);
    equal(await found("out/*.wav", "out"), ["out/b.wav"]);
    equal(await found("**/*.wav", "."), ["a.wav", "out/b.wav", "output/c.wav"]);
  });
});

Deno.test("playlistEntries() reads UTF-16 with its mark", () => {
  const text = "\ufeff#EXTM3U\r\ncaf\u00e9.mp3\r\n";
  const units = Uint16Array.from(text, (character) => character.charCodeAt(0));
  const little = new Uint8Array(units.buffer);
  equal(playlistEntries(little), ["caf\u00e9.mp3"]);
  const big = little.map((_, at) => little[at ^ 1]!);
  equal(playlistEntries(big), ["caf\u00e9.mp3"]);
});
