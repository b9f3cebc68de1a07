import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { slice } from "../core/tensor.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { noise, wavFile } from "../tests/support/wav.ts";
import { rangeOf } from "./audio_files.ts";
import { readMixture } from "./mixture.ts";
import { readStemsOrSpectrogram } from "./stem_stream.ts";
import { readStems } from "./stems.ts";

/** Three seconds of stereo noise, behind whose end `missing` bytes are cut off. */
async function writeNoise(path: string, sampleRateHz: number, missing = 0): Promise<string> {
  const samples = noise(2 * 3 * sampleRateHz, sampleRateHz);
  const file = wavFile({ sampleRateHz, channels: 2, bits: 16, samples });
  await Deno.writeFile(path, file.subarray(0, file.length - missing));
  return path;
}

Deno.test("rangeOf() is everything by default, and whole samples of a part", () => {
  equal(rangeOf({}), { first: 0, end: Number.MAX_SAFE_INTEGER });
  equal(rangeOf({ part: { startSeconds: 0.5, endSeconds: 1.00001 } }), {
    first: 22_050,
    end: 44_100,
  });
});

for (const sampleRateHz of [44_100, 48_000]) {
  Deno.test(`readMixture() reads of a part the samples of the whole, ${sampleRateHz} Hz`, async () => {
    await inTemporaryFolder(async (folder) => {
      const path = await writeNoise(join(folder, "noise.wav"), sampleRateHz);
      const whole = await readMixture(path);
      for (const [startSeconds, endSeconds] of [[0, 1], [0.7, 1.9], [2.5, 3], [2, 9]] as const) {
        const part = await readMixture(path, { part: { startSeconds, endSeconds } });
        const [first, end] = [startSeconds * 44_100, Math.min(3, endSeconds) * 44_100];
        equal(part.mixture, slice(whole.mixture, 1, Math.round(first), Math.round(end)));
        ok(part.source.pcm_sha256 !== whole.source.pcm_sha256);
      }
      const [fromStart, toEnd] = [
        await readMixture(path, { part: { startSeconds: 0 } }),
        await readMixture(path, { part: { endSeconds: 3 } }),
      ];
      equal([fromStart.mixture, toEnd.mixture], [whole.mixture, whole.mixture]);
      equal(fromStart.source, whole.source);
    });
  });
}

Deno.test("readStems() reads of a part the samples of the whole, also of long stems", async () => {
  await inTemporaryFolder(async (folder) => {
    const paths = await Promise.all(
      [0, 1, 2, 3].map((stem) => writeNoise(join(folder, `${stem}.wav`), 44_100)),
    );
    const whole = await readStems(paths);
    const options = { part: { startSeconds: 1, endSeconds: 2.5 } };
    const part = await readStems(paths, options);
    equal(part.stems16, slice(whole.stems16, 2, 44_100, 2.5 * 44_100));
    equal(part.durationSeconds, 1.5);
    // A part that is shorter than the limit keeps its stems.
    const most = { longSeconds: 2, largeBytes: 0 };
    ok("stems16" in await readStemsOrSpectrogram(paths, { ...options, ...most }));
    ok("spectrogram" in await readStemsOrSpectrogram(paths, most));
  });
});

Deno.test("readMixture() refuses a part behind the end, with the length of the file", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = await writeNoise(join(folder, "noise.wav"), 44_100);
    await rejects(readMixture(path, { part: { startSeconds: 3 } }), {
      message: /from 3\.000 s on: expected a longer file, found 3\.000 s; choose an earlier start/,
    });
  });
});

Deno.test("readMixture() does not read what follows a part", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = await writeNoise(join(folder, "cut.wav"), 44_100, 100_000);
    equal((await readMixture(path)).warnings.length, 1);
    equal((await readMixture(path, { part: { endSeconds: 1 } })).warnings, []);
  });
});
