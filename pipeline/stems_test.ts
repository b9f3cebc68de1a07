import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { readManifest } from "../parity/manifest.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { spectrogram } from "./spectrogram.ts";
import type { AudioOptions } from "./audio_files.ts";
import { findStems } from "./find_stems.ts";
import { readStemsOrSpectrogram } from "./stem_stream.ts";
import { type LongStems, readStems, STEMS } from "./stems.ts";
import { sha256OfStems } from "./stems_hash.ts";
import { encodeWav } from "./wav.ts";

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

Deno.test("findStems() ignores files that are not audio", async () => {
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

Deno.test("findStems() takes names of other separators where there are no plain ones", async () => {
  const names = [
    ...["song_(Bass)_roformer.wav", "song_(drums).flac", "Song_Vocals.mp3", "song_other.wav"],
    ...["bassoon.wav", "other_take.wav"],
  ];
  await withFiles(names, async (folder) => {
    const found = async (): Promise<string[]> =>
      (await findStems(folder)).map((path) => basename(path));
    equal(await found(), [names[0]!, names[1]!, names[3]!, names[2]!]);
    await Deno.writeTextFile(join(folder, "other.wav"), "");
    equal((await found())[2], "other.wav");
    await Deno.writeTextFile(join(folder, "b_bass.wav"), "");
    await rejects(findStems(folder), /two files for bass, b_bass\.wav and song_\(Bass\)/);
  });
});

Deno.test("findStems() names a missing folder", async () => {
  await rejects(findStems("no/such/folder"), /no\/such\/folder/);
});

Deno.test("readStems() returns the samples of an independent decoder", async () => {
  const { pieces } = await readManifest();
  for (const { audio, samples } of Object.values(pieces)) {
    const entries = STEMS.map((stem) => audio[stem]);
    const paths = entries.map(({ path }) => join(FIXTURES_FOLDER, path));
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

const DEMO = STEMS.map((stem) => join(FIXTURES_FOLDER, "audio", "three_four", `${stem}.flac`));

/** Writes 16-bit stereo files of noise with these lengths. */
async function writeStems(folder: string, lengths: readonly number[]): Promise<string[]> {
  return await Promise.all(lengths.map(async (samples, stem) => {
    const path = join(folder, `${STEMS[stem]}.wav`);
    const noise = Int16Array.from({ length: 2 * samples }, (_, i) => (i * (7919 + stem)) % 65_536);
    await Deno.writeFile(path, encodeWav(noise));
    return path;
  }));
}

/** Reads stems as long ones: two files at a time, each as the mean of its channels. */
async function readLong(
  paths: readonly string[],
  options: AudioOptions = {},
): Promise<LongStems> {
  const long = { longSeconds: 0.5, largeBytes: 0, ...options };
  const read = await readStemsOrSpectrogram(paths, long);
  ok("spectrogram" in read);
  return read;
}

Deno.test("readStemsOrSpectrogram() makes the stage's own spectrogram of long stems", async () => {
  const { stems16, ...short } = await readStems(DEMO);
  const long = await readLong(DEMO);
  equal(long.spectrogram, await spectrogram(stems16));
  equal(long.durationSeconds, short.durationSeconds);
  equal([long.sources, long.warnings], [short.sources, short.warnings]);
  equal(long.sha256, sha256OfStems(stems16));
  const again = await readStemsOrSpectrogram(DEMO);
  ok("stems16" in again);
  equal(again.stems16, stems16);
});

Deno.test("readStemsOrSpectrogram() names all files that are missing", async () => {
  const paths = STEMS.map((stem) => `/no/such/folder/song_${stem}.wav`);
  await rejects(
    readStemsOrSpectrogram([DEMO[0]!, ...paths.slice(1)]),
    /^StemsError: There is no song_drums\.wav, song_other\.wav, song_vocals\.wav in \/no\/such\/folder:/,
  );
});

Deno.test("readStemsOrSpectrogram() pads long stems that are a little shorter, and refuses others", async () => {
  await inTemporaryFolder(async (folder) => {
    const lengths = [44_100, 44_101, 44_982, 44_500];
    const paths = await writeStems(folder, lengths);
    const { stems16, warnings } = await readStems(paths);
    const long = await readLong(paths);
    equal(long.spectrogram, await spectrogram(stems16));
    equal([long.warnings, warnings.length], [warnings, 3]);
    const refused = /different lengths: .*bass\.wav has 1\.000 s.*--stems-padding/;
    await writeStems(folder, [44_100, 44_101, 44_983, 44_500]);
    await rejects(readLong(paths, { stemsPaddingSeconds: 0 }), refused);
    await writeStems(folder, [44_100, 44_101, 44_500, 5.9 * 44_100]);
    const padded = await readLong(paths);
    equal(padded.spectrogram, await spectrogram((await readStems(paths)).stems16));
    await writeStems(folder, [44_100, 44_101, 44_500, 6.1 * 44_100]);
    await rejects(readLong(paths), refused);
    await rejects(readStems(paths), refused);
  });
});

Deno.test("readStems() normalises all stems by one gain, long ones too", async () => {
  await inTemporaryFolder(async (folder) => {
    const paths = await writeStems(folder, [44_100, 44_100, 44_100, 44_100]);
    const { stems16, gain } = await readStems(paths, { gain: "normalize" });
    // The noise reaches full scale.
    ok(gain !== null && gain.normalized && Math.abs(gain.db + 1) < 0.01);
    const { stems16: plain } = await readStems(paths);
    const factor = 10 ** (gain.db / 20);
    ok(stems16.data.every((value, i) => Math.abs(value - plain.data[i]! * factor) <= 0.51));
    const long = await readLong(paths, { gain: "normalize" });
    equal([long.gain, long.spectrogram], [gain, await spectrogram(stems16)]);
  });
});

Deno.test("findStems() finds guitar and piano after the four stems", async () => {
  const names = [...STEMS.map((stem) => `${stem}.wav`), "Piano.flac", "guitar.wav"];
  await withFiles(names, async (folder) => {
    const found = await findStems(folder);
    equal(found.map((path) => basename(path)).slice(4), ["guitar.wav", "Piano.flac"]);
    await Deno.remove(join(folder, "guitar.wav"));
    equal((await findStems(folder)).length, 5);
  });
});

Deno.test("readStems() adds further sources to other, sample by sample", async () => {
  await inTemporaryFolder(async (folder) => {
    const all = await writeStems(folder, [44_100, 44_100, 44_000, 44_100]);
    // Guitar and piano are the bass and the drums again, one shorter than the others.
    const [bass = "", drums = ""] = all;
    const { stems16: four } = await readStems(all);
    const six = [...all, bass, drums];
    const { stems16, warnings, sources } = await readStems(six);
    equal([stems16.shape, sources.length], [[4, 2, 44_100], 6]);
    const of = (stem: number): Int16Array => four.data.subarray(stem * 88_200, (stem + 1) * 88_200);
    let limited = 0;
    let at = 0;
    const other = of(2).map((value) => {
      let sum = value;
      for (const added of [of(0)[at]!, of(1)[at]!]) {
        const next = sum + added;
        if (next > 32_767 || next < -32_768) limited++;
        sum = Math.max(-32_768, Math.min(32_767, next));
      }
      at++;
      return sum;
    });
    const expected = new Int16Array(four.data);
    expected.set(other, 2 * 88_200);
    equal(stems16.data, expected);
    ok(limited > 1000);
    ok(warnings.some((text) => text.includes(`exceeds full scale in ${limited} samples`)));

    // Quiet ones fit, also where only the spectrogram is kept.
    const quiet = await readStems(six, { gain: -12 });
    equal(quiet.warnings.filter((text) => text.includes("exceeds")), []);
    const long = await readLong(six, { gain: -12 });
    const short = await spectrogram(quiet.stems16);
    equal(long.spectrogram.shape, short.shape);
    const worst = long.spectrogram.data.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - short.data[at]!)),
      0,
    );
    // The mean of the channels is rounded for each source rather than once.
    ok(worst < 2e-3, `${worst}`);
    equal([long.warnings, long.sources], [quiet.warnings, quiet.sources]);
  });
});
