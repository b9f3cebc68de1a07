import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { fixturesDirectory, readManifest } from "../parity/manifest.ts";
import { inTemporaryFolder } from "../tests/temporary_folder.ts";
import { findStems, readStems, STEMS } from "./stems.ts";

async function withFiles(
  names: readonly string[],
  work: (folder: string) => Promise<void>,
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    for (const name of names) await Deno.writeTextFile(join(folder, name), "");
    await work(folder);
  });
}

Deno.test("findStems() finds any ending and case, in the order bass, drums, other, vocals", async () => {
  const names = ["Vocals.MP3", "bass.flac", "drums.wav", "other.m4a", "mix.wav", "notes.txt"];
  await withFiles(names, async (folder) => {
    const found = await findStems(folder);
    equal(found.map((path) => basename(path)), [
      "bass.flac",
      "drums.wav",
      "other.m4a",
      "Vocals.MP3",
    ]);
  });
});

Deno.test("findStems() names every missing stem and what it found", async () => {
  await withFiles(["bass.wav", "vocals.wav"], async (folder) => {
    await rejects(findStems(folder), /no file for drums, other:.*found bass\.wav, vocals\.wav/s);
  });
});

Deno.test("findStems() passes over what is no audio file", async () => {
  const names = [...STEMS.map((stem) => `${stem}.wav`), "bass.asd", "bass.png", "drums"];
  await withFiles(names, async (folder) => {
    await Deno.mkdir(join(folder, "vocals"));
    equal((await findStems(folder)).map((path) => basename(path)), names.slice(0, 4));
  });
});

Deno.test("findStems() refuses two files for one stem", async () => {
  const names = [...STEMS.map((stem) => `${stem}.wav`), "bass.mp3"];
  await withFiles(names, async (folder) => {
    await rejects(findStems(folder), /two files for bass, bass\.mp3 and bass\.wav/);
  });
});

Deno.test("findStems() says that a folder is missing", async () => {
  await rejects(findStems("no/such/folder"), /no\/such\/folder/);
});

Deno.test("readStems() gives the samples that an independent decoder gives", async () => {
  const { pieces } = await readManifest();
  for (const { audio, samples } of Object.values(pieces)) {
    const entries = STEMS.map((stem) => audio[stem]);
    const paths = entries.map(({ path }) => join(fixturesDirectory, path));
    const { stems16, warnings } = await readStems(paths);
    equal(stems16.shape, [4, 2, samples]);
    equal(warnings, []);
    entries.forEach(({ pcmSha256 }, stem) => {
      const start = stem * 2 * samples;
      const interleaved = new Int16Array(2 * samples);
      for (let i = 0; i < samples; i++) {
        interleaved[2 * i] = stems16.data[start + i] ?? 0;
        interleaved[2 * i + 1] = stems16.data[start + samples + i] ?? 0;
      }
      const hash = createHash("sha256").update(new Uint8Array(interleaved.buffer));
      equal(hash.digest("hex"), pcmSha256);
    });
  }
});
