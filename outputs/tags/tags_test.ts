import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { TAGGED_FILES, wholeContent } from "../../fixtures/format_cases.ts";
import { openAudio } from "../../kernels/mod.ts";
import { repository } from "../../tests/support/program.ts";
import { inTemporaryFolder } from "../../tests/support/temporary_folder.ts";
import { TAGGED_FORMATS, writeTempoTag } from "./mod.ts";
import { oggWithTempo } from "./ogg.ts";
import { Source, TagError } from "./source.ts";
import { newComment, withTempoField } from "./vorbis_comment.ts";

const FORMATS_FOLDER = join(repository, "fixtures", "audio", "formats");

/** Returns the SHA-256 of the decoded samples, and the samples that are cut. */
async function heard(path: string): Promise<unknown[]> {
  const { pcmSha256, trimmedSamples, samples, warnings, close } = await openAudio(path, 44_100);
  close();
  return [pcmSha256, trimmedSamples, samples, warnings];
}

async function filesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("the tempo is written into each format; audio and mode stay, and a second call changes nothing", async () => {
  await inTemporaryFolder(async (folder) => {
    ok(TAGGED_FILES.length >= 12);
    for (const name of TAGGED_FILES) {
      const original = join(FORMATS_FOLDER, name);
      const path = join(folder, name);
      await Deno.copyFile(original, path);
      await Deno.chmod(path, 0o640);
      equal(await writeTempoTag(path, 173.98), true, name);
      equal(await heard(path), await heard(original), name);
      equal((await Deno.stat(path)).mode! & 0o777, 0o640);
      const once = await Deno.readFile(path);
      equal(await writeTempoTag(path, 173.98), false, name);
      equal(await Deno.readFile(path), once);
      equal(await writeTempoTag(path, 87), true);
      equal(await writeTempoTag(path, 173.98), true);
      equal((await Deno.readFile(path)).length, once.length, `${name} grows with each call`);
      equal(await heard(path), await heard(original), name);
    }
    equal(await filesIn(folder), [...TAGGED_FILES].toSorted(), "nothing else is left");
  });
});

Deno.test("other formats are refused, and the file is as before", async () => {
  await inTemporaryFolder(async (folder) => {
    for (
      const name of [
        ...["aac.aac", "aac_in_matroska.mkv", "au_s16be.au", "caf_s16le.caf", "wav_rf64.wav"],
        "wav_w64.w64",
      ]
    ) {
      const path = join(folder, name);
      await Deno.copyFile(join(FORMATS_FOLDER, name), path);
      const before = await Deno.readFile(path);
      await rejects(writeTempoTag(path, 120), (error) => {
        ok(error instanceof TagError);
        match(error.message, /^Could not write the tempo into the tags of .*expected one of MP3, /);
        return true;
      });
      equal(await Deno.readFile(path), before);
    }
    const tagged = join(folder, "tagged.aac");
    await Deno.writeFile(tagged, new Uint8Array([73, 68, 51, 3, 0, 0, 0, 0, 0, 0, 255, 241, 80]));
    await rejects(writeTempoTag(tagged, 120), /behind its ID3v2 tag is no MP3/);
    await rejects(writeTempoTag(folder, 120), /Could not write the tempo/);
    await rejects(writeTempoTag(join(folder, "missing.mp3"), 120), /ENOENT/);
    await Deno.writeFile(join(folder, "empty.mp3"), new Uint8Array());
    await rejects(writeTempoTag(join(folder, "empty.mp3"), 120), /has no tag for the tempo/);
  });
});

Deno.test("a file that is cut anywhere in its metadata is refused, or its audio stays", async () => {
  await inTemporaryFolder(async (folder) => {
    for (const name of ["aac_faststart.m4a", "vorbis.ogg", "flac_24.flac", "aiff_s16be.aiff"]) {
      const bytes = await Deno.readFile(join(FORMATS_FOLDER, name));
      const path = join(folder, name);
      for (let length = 1; length < bytes.length; length += Math.ceil(bytes.length / 60)) {
        const cut = bytes.subarray(0, length);
        await Deno.writeFile(path, cut);
        await writeTempoTag(path, 120).catch((error) => ok(error instanceof TagError, `${error}`));
      }
    }
  });
});

Deno.test("files that fuzzing has found are refused, and stay as they are", async () => {
  await inTemporaryFolder(async (folder) => {
    const read = (name: string): Promise<Uint8Array> => Deno.readFile(join(FORMATS_FOLDER, name));
    const noSize = await read("wav_s16le.wav");
    noSize.fill(0, 4, 8);
    const noData = await read("wav_s16le.wav");
    noData[new TextDecoder("latin1").decode(noData).indexOf("data")] = 0x80;
    const moov = await read("aac_faststart.m4a");
    // The size of the last box in moov, udta.
    const udta = new TextDecoder("latin1").decode(moov).indexOf("udta");
    moov.fill(0, udta - 4, udta);
    const checksum = await read("vorbis.ogg");
    const page = new TextDecoder("latin1").decode(checksum).indexOf("OggS", 1);
    checksum[page + 22]! ^= 1;
    const path = join(folder, "damaged");
    for (
      const [bytes, reason] of [[noSize, /chunks/], [noData, /chunks/], [moov, /boxes/], [
        checksum,
        /checksum/,
      ]] as const
    ) {
      await Deno.writeFile(path, bytes);
      await rejects(writeTempoTag(path, 120), reason);
      equal(await Deno.readFile(path), bytes);
    }
  });
});

Deno.test("a read-only file is refused", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "a.flac");
    await Deno.copyFile(join(FORMATS_FOLDER, "flac_24.flac"), path);
    await Deno.chmod(path, 0o444);
    const before = await Deno.readFile(path);
    await rejects(writeTempoTag(path, 120), /it is read-only/);
    equal(await Deno.readFile(path), before);
  });
});

Deno.test("of a symbolic link, the file that it leads to is changed", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "a.flac");
    await Deno.copyFile(join(FORMATS_FOLDER, "flac_24.flac"), path);
    await Deno.symlink(path, join(folder, "link.flac"));
    equal(await writeTempoTag(join(folder, "link.flac"), 120), true);
    ok((await Deno.lstat(join(folder, "link.flac"))).isSymlink);
    equal(await writeTempoTag(path, 120), false);
  });
});

Deno.test("calls for one file at the same time, also through a link, run one after the other", async () => {
  await inTemporaryFolder(async (folder) => {
    const [path, link] = [join(folder, "a.flac"), join(folder, "link.flac")] as const;
    await Deno.copyFile(join(FORMATS_FOLDER, "flac_24.flac"), path);
    await Deno.symlink(path, link);
    const before = await heard(path);
    const tempi = [120, 121, 122, 122];
    const changed = tempi.map((bpm, at) => writeTempoTag(at % 2 === 0 ? path : link, bpm));
    equal(await Promise.all(changed), [true, true, true, false]);
    equal(await heard(path), before);
    equal(await filesIn(folder), ["a.flac", "link.flac"]);
  });
});

Deno.test("the pages of an Ogg file are counted anew where its comment needs more or fewer", async () => {
  await inTemporaryFolder(async (folder) => {
    for (const name of ["vorbis_pages.ogg", "opus_stereo.opus", "flac_in_ogg.oga"]) {
      const path = join(folder, name);
      await Deno.copyFile(join(FORMATS_FOLDER, name), path);
      for (const text of ["1".repeat(150_000), "174"]) {
        const { size } = await Deno.stat(path);
        const file = openSync(path, "r");
        const source = new Source(file, size);
        const changed = wholeContent(source.bytesOf(oggWithTempo(source, text)!));
        closeSync(file);
        await Deno.writeFile(path, changed);
        equal(await heard(path), await heard(join(FORMATS_FOLDER, name)), name);
      }
    }
  });
});

Deno.test("the fields of a Vorbis comment keep their order and their bytes", () => {
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const comment = newComment("120");
  equal(text(comment).replace(/\p{Cc}/gu, "."), "....tactus........BPM=120");
  equal(withTempoField(comment, "120"), undefined);
  equal(text(withTempoField(comment, "9")!).endsWith("BPM=9"), true);
  for (const damaged of [comment.subarray(0, 12), comment.subarray(0, 20), new Uint8Array(3)]) {
    let reason = "";
    try {
      withTempoField(damaged, "9");
    } catch (error) {
      reason = `${error}`;
    }
    match(reason, /TagError: its Vorbis comment is damaged/);
  }
});

Deno.test("an impossible tempo is refused", async () => {
  const path = join(FORMATS_FOLDER, "flac_24.flac");
  for (const bpm of [0, -1, NaN, Infinity, 70_000]) {
    await rejects(writeTempoTag(path, bpm), /expected a tempo of 1 to 65535/);
  }
});

Deno.test("docs/outputs.md lists the formats and their tags", async () => {
  const text = await Deno.readTextFile(join(repository, "docs", "outputs.md"));
  for (const [format, tag] of Object.entries(TAGGED_FORMATS)) {
    ok(text.split("\n").some((line) => line.includes(format) && line.includes(tag)), format);
  }
});
