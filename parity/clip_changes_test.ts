import { deepStrictEqual as equal } from "node:assert/strict";
import { createHash } from "node:crypto";
import { tensor } from "../core/tensor.ts";
import { changedClip, CLIP_CHANGES, type ClipChange } from "./clip_changes.ts";
import { readManifest } from "./manifest.ts";
import { readClip } from "./piece.ts";

/** Changes samples in steps of 16 bit, left ones first. */
function changed(steps: readonly number[], change: ClipChange): number[] {
  const clip = tensor("f32", [2, steps.length / 2], Float32Array.from(steps, (x) => x / 32768));
  return Array.from(changedClip(clip, change).data, (x) => x * 32768);
}

Deno.test("changedClip() saturates, rounds down, and averages channels", () => {
  equal(changed([5000, -5000, 1, -4096], "clipped"), [32767, -32768, 8, -32768]);
  equal(changed([256, -1, -129, 127], "quiet"), [2, -1, -2, 0]);
  equal(changed([3, -3, 4, -4], "mono"), [3, -4, 3, -4]);
});

Deno.test("changedClip() keeps a twentieth of a sparse clip", () => {
  const steps = Array<number>(2 * 50_000).fill(7);
  const sparse = changed(steps, "sparse");
  equal(sparse.flatMap((x, at) => x !== (sparse[at - 1] ?? 0) ? [at] : []), [
    ...[0, 2205, 44_100, 46_305, 50_000, 52_205, 94_100, 96_305],
  ]);
});

Deno.test("the clips of the manifest have the samples that upstream separated", async () => {
  const { clips, pieces } = await readManifest();
  const hashed = Object.values(clips).filter(({ pcmSha256 }) => pcmSha256 !== undefined);
  for (const clip of hashed) {
    const { data } = await readClip(clip, pieces);
    const pcm = new Int16Array(data.length);
    const samples = data.length / 2;
    pcm.forEach((_, at) => pcm[at] = 32768 * data[at % 2 * samples + Math.floor(at / 2)]!);
    equal(createHash("sha256").update(new Uint8Array(pcm.buffer)).digest("hex"), clip.pcmSha256);
  }
  const changes = hashed.flatMap(({ change }) => change ?? []);
  equal(changes.toSorted().every((change) => CLIP_CHANGES.includes(change)), true);
});
