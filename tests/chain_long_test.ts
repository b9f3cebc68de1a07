/**
 * Compares the chain from the mix to beats and segments with upstream's programs. The weights of the separation are in
 * half precision, as in a checkpoint of demucs.
 */

import { deepStrictEqual as equal, notDeepStrictEqual as notEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { loadModel } from "../models/registry.ts";
import { seededHtdemucs } from "../models/htdemucs/seeded.ts";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { readManifest } from "../parity/manifest.ts";
import { readVerified } from "../parity/references.ts";
import { createNativeDemixSession } from "../pipeline/backends/native/htdemucs.ts";
import { demix, type Demixer, releaseDemixer, wholeNetwork } from "../pipeline/demix.ts";
import { readMixture } from "../pipeline/mixture.ts";
import { networkModel } from "../pipeline/network.ts";
import { runStages } from "../pipeline/runner.ts";
import type { SeamName } from "../pipeline/seams.ts";
import type { StageContext } from "../pipeline/stages.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

const LAST_SEAMS = [
  "beats",
  "beat_positions",
  "bpm",
  "boundaries",
  "labels",
] as const satisfies SeamName[];

/** Tolerance of times; all other values are equal. */
const TIME_TOLERANCE_SECONDS = 1e-9;

type Reference = Readonly<Record<typeof LAST_SEAMS[number] | "stemPeaks", readonly number[]>>;

const { chain } = await readManifest();

/** Returns the seeded network with every weight rounded to half precision. */
async function halfDemixer(): Promise<Demixer> {
  const seeded = seededHtdemucs();
  const tensors = new Map([...seeded.tensors].map(([name, { shape, data }]) => {
    return [name, tensor("f32", shape, new Float32Array(new Float16Array(data)))];
  }));
  const session = await createNativeDemixSession({ ...seeded, tensors });
  const networks = [wholeNetwork(session)];
  return { name: "seeded-htdemucs-half", sha256: "", backend: "native", networks };
}

Deno.test("the mix has the beats, bars, tempo and segments that upstream finds", async (test) => {
  const demixer = await halfDemixer();
  const model = networkModel("seeded-all", await loadModel("seeded-all"));
  const context: StageContext = { model: Promise.resolve(model), embeddings: false };
  const last = async (stems16: Tensor<"i16">): Promise<Record<string, number[]>> => {
    const seams = await runStages({ stems16 }, context);
    return Object.fromEntries(LAST_SEAMS.map((name) => [name, Array.from(seams[name]!.data)]));
  };
  for (const [piece, entry] of Object.entries(chain!)) {
    await test.step(piece, async () => {
      const text = new TextDecoder().decode(await readVerified(entry));
      const expected: Reference = JSON.parse(text);
      const { mixture } = await readMixture(join(FIXTURES_FOLDER, "audio", piece, "mix.flac"));
      const { stems16 } = await demix(demixer, mixture, { shifts: [0], stems: "stereo" });
      const found = await last(stems16);
      for (const name of LAST_SEAMS) {
        const [actual = [], wanted] = [found[name], expected[name]];
        const tolerance = name === "beats" || name === "boundaries" ? TIME_TOLERANCE_SECONDS : 0;
        equal(actual.length, wanted.length, name);
        ok(actual.every((value, i) => Math.abs(value - wanted[i]!) <= tolerance), name);
      }
      if (piece !== "three_four") return;
      // With bass and drums exchanged the beats differ.
      const swapped = stems16.data.slice();
      const length = swapped.length / 4;
      swapped.copyWithin(0, length, 2 * length);
      swapped.set(stems16.data.subarray(0, length), length);
      notEqual((await last(tensor("i16", stems16.shape, swapped)))["beats"], found["beats"]);
    });
  }
  await releaseDemixer(demixer);
});
