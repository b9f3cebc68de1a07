import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { tensor } from "../../core/tensor.ts";
import { readMixture } from "../../pipeline/mixture.ts";
import { exampleTrack } from "../../tests/support/analyzed_track.ts";
import { inTemporaryFolder } from "../../tests/support/temporary_folder.ts";
import { addClicks } from "./click_track.ts";
import { sonify } from "./sonify.ts";

Deno.test("sonify() writes the same samples as WAV and as FLAC, as many as the track has", async () => {
  await inTemporaryFolder(async (folder) => {
    const decoded: Float32Array[] = [];
    for (const format of ["wav", "flac"] as const) {
      const { analyzed: { result }, mixture } = exampleTrack({ seconds: 3.00001 });
      const samples = mixture.shape[1];
      const path = join(folder, `track.${format}`);
      await Deno.writeFile(path, await sonify(mixture, result, format));
      const read = await readMixture(path);
      equal([read.mixture.shape, read.source.codec], [
        [2, samples],
        format === "wav" ? "pcm_s16le" : "flac",
      ]);
      equal(read.warnings, []);
      decoded.push(read.mixture.data);
    }
    ok(decoded[0]!.every((value, i) => value === decoded[1]![i]));
  });
});

Deno.test("sonify() scales a sum above full scale and clips nothing", async () => {
  await inTemporaryFolder(async (folder) => {
    const samples = 44_100;
    const loud = (): Float32Array =>
      Float32Array.from({ length: 2 * samples }, (_, i) => 0.9 * Math.sin(i / 7));
    const result = { beats: [0.1, 0.5], downbeats: [0.1], segments: [] };
    const sum = loud();
    addClicks([sum.subarray(0, samples), sum.subarray(samples)], result);
    const peak = sum.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    ok(peak > 1.2);
    const path = join(folder, "loud.wav");
    const mixture = tensor("f32", [2, samples], loud());
    await Deno.writeFile(path, await sonify(mixture, result, "wav"));
    const { mixture: { data } } = await readMixture(path);
    for (const [i, value] of sum.entries()) {
      ok(Math.abs(data[i]! - value / (1.01 * peak)) <= 0.51 / 32768, `${i}: ${data[i]}`);
    }
  });
});

Deno.test("sonify() places times of the whole track in a part of it", async () => {
  const audible = (start: number) => ({
    ...{ beats: [start + 0.5], downbeats: [start + 0.25] },
    segments: [{ start: start + 0.125, end: start + 1, label: "verse" }],
  });
  const silence = () => tensor("f32", [2, 44_100], new Float32Array(88_200));
  const [moved, first] = [
    await sonify(silence(), audible(64), "wav", 64),
    await sonify(silence(), audible(0), "wav"),
  ];
  ok(Buffer.from(moved).equals(Buffer.from(first)));
});
