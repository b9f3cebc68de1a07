import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { STEMS } from "../pipeline/stems.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { noise, wavFile } from "../tests/support/wav.ts";
import { readTrackAudio } from "./track_audio.ts";

const RATE = 44_100;

async function writeWav(path: string, frames: number, seed: number): Promise<Float32Array> {
  const samples = noise(2 * frames, seed).map((value) => value / 4);
  await Deno.writeFile(path, wavFile({ sampleRateHz: RATE, channels: 2, bits: 16, samples }));
  return samples;
}

Deno.test("readTrackAudio() adds up stems where the track names no file, and reads the file where it does", async () => {
  await inTemporaryFolder(async (folder) => {
    const lengths = [1000, 1003, 900, 1003];
    const written: Float32Array[] = [];
    for (const [stem, name] of STEMS.entries()) {
      written.push(await writeWav(join(folder, `${name}.wav`), lengths[stem]!, stem + 1));
    }
    const track = { path: folder, name: "t", stemsDirectory: folder };
    const { shape, data } = await readTrackAudio(track, { gain: 20 });
    equal(shape, [2, 1003]);
    for (const frame of [0, 500, 899, 950, 1002]) {
      for (const channel of [0, 1]) {
        const sum = written.reduce((all, samples) => all + (samples[2 * frame + channel] ?? 0), 0);
        ok(Math.abs(data[channel * 1003 + frame]! - sum) < 4 / 32768, `${frame}, ${channel}`);
      }
    }
    const part = { startSeconds: 500 / RATE, endSeconds: 951 / RATE };
    const some = await readTrackAudio(track, { part });
    equal(some.shape, [2, 451]);
    ok(Math.abs(some.data[450]! - data[950]!) < 1 / 32768);
    const path = join(folder, "mix.wav");
    const mix = await writeWav(path, 50, 9);
    const read = await readTrackAudio({ ...track, path }, {});
    equal(read.shape, [2, 50]);
    ok(Math.abs(read.data[7]! - mix[14]!) < 1 / 32768);
    await rejects(readTrackAudio({ path: join(folder, "none.wav"), name: "t" }, {}));
  });
});

Deno.test("readTrackAudio() takes samples in memory, although their path names no file", async () => {
  const channel = noise(441).map((value) => value / 4);
  const samples = { channels: [channel], sampleRate: RATE, name: "memory" };
  const { shape, data } = await readTrackAudio(
    { path: "/none/memory", name: "memory", samples },
    {},
  );
  equal(shape, [2, 441]);
  ok(channel.every((value, i) => data[i] === value && data[441 + i] === value));
});
