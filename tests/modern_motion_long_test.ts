/** Tests a real tune with the published weights; not run where either is missing. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadModel } from "../models/mod.ts";
import { compare } from "../parity/compare.ts";
import { readNpy } from "../core/npy.ts";
import { analyzeTrack } from "../pipeline/analyze_track.ts";
import { networkModel } from "../pipeline/network.ts";
import type { SeamName } from "../pipeline/seams.ts";
import type { Tensor } from "../core/tensor.ts";
import { publishedWeights, repository } from "./support/program.ts";

const TUNE = join(repository, "..", "shared", "data", "modern_motion");
const TOLERANCE = { absolute: 1e-6, relative: 1e-6 };

async function upstream(name: string): Promise<Tensor> {
  const stored = readNpy(await Deno.readFile(join(TUNE, "upstream", `${name}.npy`)));
  // Logits are stored with a leading axis of 1.
  return name === "spec" ? stored : { ...stored, shape: stored.shape.slice(1) };
}

/** Returns the values in the type of the reference, which is float64 for some seams. */
function inTypeOf(reference: Tensor, actual: Tensor): Tensor {
  if (reference.dtype !== "f64") return actual;
  return {
    dtype: "f64",
    shape: actual.shape,
    data: Float64Array.from(actual.data as Float32Array),
  };
}

Deno.test({
  name: "a real tune has the beats, segments, logits and spectrogram of upstream",
  ignore: publishedWeights() === undefined || !existsSync(TUNE),
  fn: async () => {
    const weightsDir = publishedWeights() ?? "";
    const model = loadModel("harmonix-all", { weightsDir })
      .then((checkpoints) => networkModel("harmonix-all", checkpoints));
    const track = { path: TUNE, name: "modern_motion", stemsDirectory: TUNE };
    const { result, seams } = await analyzeTrack(track, { model, embeddings: false });
    const expected = JSON.parse(await Deno.readTextFile(join(TUNE, "upstream", "result.json")));
    for (const key of ["bpm", "beats", "downbeats", "beat_positions", "segments"] as const) {
      equal(result[key], expected[key], key);
    }
    const stored: readonly (readonly [SeamName, string])[] = [
      ["spectrogram", "spec"],
      ["logits.beat", "logits_beat"],
      ["logits.downbeat", "logits_downbeat"],
      ["logits.section", "logits_section"],
      ["logits.function", "logits_function"],
    ];
    for (const [seam, name] of stored) {
      const expected = await upstream(name);
      const { passed, reason } = compare(inTypeOf(expected, seams[seam]), expected, TOLERANCE);
      ok(passed, `${seam}: ${reason}`);
    }
  },
});
