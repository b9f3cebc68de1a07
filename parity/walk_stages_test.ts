/**
 * Walks through every stage that has inner seams, at full size, correct and with one defect. An inner seam of the
 * separation or the network passes within the error of upstream in single precision.
 */

import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { seededCheckpoint } from "../models/all_in_one/seeded.ts";
import { SEAMS } from "../pipeline/seams.ts";
import { SEGMENT, STEPS } from "./inner_seams/table.ts";
import type { Tensor } from "../core/tensor.ts";
import { isSeamName, OWN_PIPELINE } from "./own_pipeline.ts";
import { sourcesOf } from "./pipeline_description.ts";
import { ReferenceError } from "./reference_error.ts";
import { walkText } from "./render/walk_text.ts";
import { walkStage } from "./walk_stages.ts";
import { damaged, manifest, options, walked } from "../tests/support/walks.ts";

Deno.test("the manifest has references of exactly the inner seams of the table", () => {
  const names = (seams: readonly { seam: string }[]): string[] => seams.map(({ seam }) => seam);
  for (const [stage, { inner }] of Object.entries(STEPS)) {
    const { seams } = stage === "demix"
      ? manifest.separation!
      : manifest.inner![stage as "network" | "functional"]!;
    // The first segment of the stems is a part of the reference of the suite.
    const expected = inner.map(({ name }) => name).filter((name) => name !== SEGMENT);
    equal(names(seams).filter((name) => !isSeamName(name)).toSorted(), expected.toSorted(), stage);
  }
});

Deno.test("every inner seam comes after what it is computed from, and has a name of its own", () => {
  const names = Object.values(STEPS).flatMap(({ inner }) => inner.map(({ name }) => name));
  equal(new Set([...names, ...Object.keys(SEAMS)]).size, names.length + Object.keys(SEAMS).length);
  for (const { name, inputs, outputs, inner = [] } of OWN_PIPELINE.stages) {
    const steps = [...inner, ...outputs];
    equal(Object.keys(STEPS[name]!.outputs), outputs, name);
    steps.forEach((seam, at) => {
      const sources = sourcesOf(OWN_PIPELINE, { name, inputs, outputs, inner }, seam);
      ok(sources.every((source) => steps.slice(0, at).includes(source)), `${seam}: ${sources}`);
    });
  }
});

for (const stage of ["spectrogram", "network", "activations", "metrical", "functional"]) {
  Deno.test(`every inner seam of the stage ${stage} passes`, async () => {
    const walk = await walked(stage);
    equal(walk.steps.filter(({ verdict }) => verdict === "fail"), []);
    equal(walk.first, null);
    match(walkText(walk), /all \d+ steps are correct/);
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

Deno.test("a damaged input shows in the first inner seam that has it", async () => {
  const louder = ({ data }: Tensor): void =>
    data.forEach((value: number | bigint, at: number) => data[at] = Number(value) * 1.5);
  for (
    const [stage, seam] of [
      ["spectrogram", "mono"],
      ["activations", "largest"],
      ["metrical", "decoder_input"],
      // The last input are the labels.
      ["functional", "label_means"],
    ] as const
  ) {
    equal((await walked(stage, { onInput: louder })).first?.seam, seam);
  }
});

Deno.test("a walk names the join of the folds where one of them is left out or changed", async () => {
  const fold = { network: seededCheckpoint(0) };
  const alone = (await walked("network", { weights: fold })).first;
  equal([alone?.seam, alone?.reason], ["fold.1.logits", "the output is missing"]);
});

Deno.test("fixtures of an older version are walked as far as they have inner seams", async () => {
  const { inner } = manifest;
  const { span: _, ...old } = Object.fromEntries(
    inner!.metrical.seams.filter(({ seam }) => !isSeamName(seam)).map((
      entry,
    ) => [entry.seam, entry]),
  );
  const { suite: __, ...metrical } = inner!.metrical;
  const { format: ___, functional: ____, ...rest } = inner!;
  const older = {
    ...manifest,
    inner: { ...rest, metrical: { ...metrical, seams: Object.values(old) } },
  };
  const walk = (await walkStage("metrical", older as typeof manifest, options))!;
  equal(walk.steps.map(({ seam, verdict }) => `${seam} ${verdict}`), [
    ...["decoder_input pass", "log_densities pass", "scores pass"],
  ]);
  await rejects(walkStage("functional", older as typeof manifest, options), /older version/);
});

Deno.test("walkStage() has no walk for a stage without inner seams or without references of them", async () => {
  equal(await walkStage("decode", manifest, options), null);
  const { inner: _, ...without } = manifest;
  await rejects(walkStage("network", without, options), ReferenceError);
});
