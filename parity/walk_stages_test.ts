/**
 * Walks through every stage that has inner seams, at full size, correct and with one defect. An inner seam of the
 * separation or the network passes within the error of upstream in single precision.
 */

import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { seededCheckpoint } from "../models/all_in_one/seeded.ts";
import { INNER_SEAMS } from "./inner_seams/table.ts";
import type { Tensor } from "../core/tensor.ts";
import {} from "./manifest.ts";
import { ReferenceError } from "./reference_error.ts";
import { walkText } from "./render/walk_text.ts";
import { walkStage } from "./walk_stages.ts";
import { damaged, manifest, options, walked } from "../tests/support/walks.ts";

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
