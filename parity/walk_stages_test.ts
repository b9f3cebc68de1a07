/**
 * Walks through every stage that has inner seams, at full size, correct and with one defect. An inner seam of the
 * separation or the network passes within the error of upstream in single precision.
 */

import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { seededCheckpoint } from "../models/all_in_one/seeded.ts";
import { seededHtdemucs } from "../models/htdemucs/seeded.ts";
import { BACKENDS } from "../pipeline/backends/backend.ts";
import { INNER_SEAMS } from "./inner_seams/table.ts";
import type { Tensor } from "../core/tensor.ts";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { readManifest, ReferenceError } from "./manifest.ts";
import { walkText } from "./render/walk_text.ts";
import type { Walk } from "./report.ts";
import { type WalkOptions, walkStage } from "./walk_stages.ts";

const manifest = await readManifest();
const options = { directory: FIXTURES_FOLDER, backend: "native", threads: 2 } as const;

async function walked(stage: string, more: Partial<WalkOptions> = {}): Promise<Walk> {
  return (await walkStage(stage, manifest, { ...options, ...more }))!;
}

/** Weights with one value of a parameter changed. */
function damaged<Weights extends { readonly tensors: ReadonlyMap<string, Tensor> }>(
  weights: Weights,
  name: string,
): Weights {
  const parameter = weights.tensors.get(name);
  ok(parameter !== undefined, name);
  const data = parameter.data.slice() as Float32Array;
  data[1]! += 0.01;
  const tensors = new Map(weights.tensors).set(name, { ...parameter, dtype: "f32", data });
  return { ...weights, tensors };
}

Deno.test("the manifest has references of exactly the inner seams of the table", () => {
  const { demix, ...others } = INNER_SEAMS;
  const names = (seams: readonly { seam: string }[]): string[] => seams.map(({ seam }) => seam);
  equal(
    names(manifest.separation!.seams).toSorted(),
    demix!.map(({ name }) => name).toSorted(),
  );
  for (const [stage, table] of Object.entries(others)) {
    const { seams } = manifest.inner![stage as "spectrogram" | "network" | "metrical"];
    equal(names(seams).toSorted(), table.map(({ name }) => name).toSorted(), stage);
  }
});

Deno.test("every inner seam comes after its inputs", () => {
  for (const table of Object.values(INNER_SEAMS)) {
    table.forEach(({ inputs }, at) => {
      const before = table.slice(0, at).map(({ name }) => name);
      ok(inputs.every((input) => before.includes(input)), inputs.join());
    });
  }
});

for (const backend of BACKENDS) {
  Deno.test(`${backend}: no seam of the separation is further from demucs than demucs is in single precision`, async () => {
    const walk = await walked("demix", { backend });
    equal(walk.steps.filter(({ verdict }) => verdict === "fail"), []);
    equal(walk.first, null);
    equal(walk.steps.length, 21);
  });
}

for (const stage of ["spectrogram", "network", "metrical"]) {
  Deno.test(`every inner seam of the stage ${stage} passes`, async () => {
    const walk = await walked(stage);
    equal(walk.steps.filter(({ verdict }) => verdict === "fail"), []);
    equal(walk.first, null);
    match(walkText(walk), /all \d+ inner seams are correct/);
  });
}

for (
  const [parameter, seam] of [
    ["encoder.2.conv.bias", "encoder.2"],
    ["crosstransformer.layers_t.4.linear2.bias", "crosstransformer.wave"],
    ["tdecoder.1.conv_tr.bias", "tdecoder.1"],
  ] as const
) {
  Deno.test(`the first wrong seam of a separation with a damaged ${parameter} is ${seam}`, async () => {
    const weights = { demix: damaged(seededHtdemucs(), parameter) };
    const walk = await walked("demix", { weights });
    equal(walk.first?.seam, seam);
    ok(walk.first!.picture!.cells.flat().some((cell) => cell !== null && cell > 1e-6));
  });
}

for (
  const [parameter, seam] of [
    ["embeddings.conv1.bias", "embedded"],
    ["encoder.layers.0.timelayer.attention2.self.value.bias", "block.0.time"],
    ["encoder.layers.4.instlayer.output.dense.bias", "block.4.instruments"],
    ["encoder.layers.10.timelayer.layernorm_before.weight", "block.10.time"],
    ["norm.bias", "norm"],
    ["beat_classifier.classifier.weight", "logits"],
  ] as const
) {
  Deno.test(`the first wrong seam of a network with a damaged ${parameter} is ${seam}`, async () => {
    const weights = { network: damaged(seededCheckpoint(0), parameter) };
    const { first } = await walked("network", { weights });
    equal(first?.seam, seam);
  });
}

Deno.test("a walk shows the error over time", async () => {
  // Damages the second half of the first instrument's spectrogram.
  const onInput = ({ shape, data }: Tensor): void => {
    const [, frames = 0, bands = 0] = shape;
    for (let at = frames / 2 * bands; at < frames * bands; at++) data[at] = Number(data[at]) + 0.5;
  };
  const walk = await walked("network", { onInput });
  equal(walk.first?.seam, "embedded");
  const { rowAxis, columnAxis, cells } = walk.first!.picture!;
  equal([rowAxis, columnAxis], ["channels", "frames"]);
  const columns = cells[0]!.length;
  const worst = (from: number, to: number): number =>
    Math.max(...cells.flatMap((row) => row.slice(from, to).map((cell) => cell ?? 0)));
  ok(worst(0, columns / 2 - 1) < 1e-5);
  ok(worst(columns / 2, columns) > 1e-2);
  match(
    walkText(walk),
    /^first wrong: embedded \[4, 1914, 24\], computed from the stage's input$/m,
  );
  match(walkText(walk), /^worst at \[0, \d+, \d+\]: \S+, expected \S+$/m);
  match(walkText(walk), /^error over frames \(across\) and channels \(up\), @ is /m);
});

Deno.test("a damaged input shows in the first inner seam of the spectrogram and of the decoder", async () => {
  const louder = ({ data }: Tensor): void =>
    data.forEach((value: number | bigint, at: number) => data[at] = Number(value) * 1.5);
  equal((await walked("spectrogram", { onInput: louder })).first?.seam, "mono");
  equal((await walked("metrical", { onInput: louder })).first?.seam, "decoder_input");
});

Deno.test("walkStage() has no walk for a stage without inner seams or without references of them", async () => {
  equal(await walkStage("functional", manifest, options), null);
  const { inner: _, ...without } = manifest;
  await rejects(walkStage("network", without, options), ReferenceError);
});
