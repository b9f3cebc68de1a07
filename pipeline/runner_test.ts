import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { until } from "../tests/support/deadline.ts";
import { runStages, type StageTiming } from "./runner.ts";
import type { SeamName, Seams } from "./seams.ts";
import type { Stage, StageContext } from "./stages.ts";
import { tensor } from "../core/tensor.ts";
import { Turns } from "../core/turns.ts";

const CONTEXT: StageContext = { model: new Promise(() => {}), embeddings: false };
const ONE = tensor("f32", [1], Float32Array.of(1));

/** A stage that counts up: each output is the sum of the inputs plus one. */
function stage(name: string, inputs: SeamName[], outputs: SeamName[], delayMs = 0): Stage {
  return {
    name,
    inputs,
    outputs,
    backend: "typescript",
    run: async (seams) => {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      const sum = inputs.reduce((total, input) => total + Number(seams[input].data[0]), 1);
      const made = outputs.map((output) => [output, tensor("f32", [1], Float32Array.of(sum))]);
      return Object.fromEntries(made) as Partial<Seams>;
    },
  };
}

Deno.test("runStages() passes the outputs of stages to the stages after them", async () => {
  const stages = [
    stage("first", ["spectrogram"], ["logits.beat"], 5),
    stage("second", ["logits.beat", "spectrogram"], ["logits.section"]),
  ];
  const seams = await runStages({ spectrogram: ONE }, CONTEXT, {}, 0, stages);
  equal(seams["logits.section"]?.data[0], 4);
});

Deno.test("runStages() runs independent stages at the same time", async () => {
  const timings = new Map<string, StageTiming>();
  let running = 0;
  const together = (one: Stage): Stage => ({
    ...one,
    run: async (...args) => {
      running++;
      await until("both stages to run", () => running === 2);
      return await one.run(...args);
    },
  });
  const stages = [
    together(stage("left", ["spectrogram"], ["logits.beat"])),
    together(stage("right", ["spectrogram"], ["logits.section"])),
  ];
  const onTiming = (timing: StageTiming): void => void timings.set(timing.stage, timing);
  await runStages({ spectrogram: ONE }, CONTEXT, { onTiming }, performance.now(), stages);
  const [left, right] = [timings.get("left"), timings.get("right")];
  equal((right?.start ?? NaN) < (left?.end ?? NaN), true);
});

Deno.test("runStages() skips stages whose inputs cannot be made", async () => {
  const stages = [
    stage("unreachable", ["stems16"], ["logits.downbeat"]),
    stage("after it", ["logits.downbeat"], ["beats"]),
    stage("reachable", ["spectrogram"], ["logits.beat"]),
  ];
  const seams = await runStages({ spectrogram: ONE }, CONTEXT, {}, 0, stages);
  equal(Object.keys(seams), ["spectrogram", "logits.beat"]);
});

Deno.test("runStages() fails with the error of the stage, and once", async () => {
  const failing: Stage = {
    ...stage("failing", ["spectrogram"], ["logits.beat"]),
    run: () => Promise.reject(new Error("no room")),
  };
  const after = stage("after", ["logits.beat"], ["beats"]);
  await rejects(runStages({ spectrogram: ONE }, CONTEXT, {}, 0, [failing, after]), /no room/);
});

Deno.test("runStages() runs the networks of several tracks in turn, and times no waiting", async () => {
  const context = { ...CONTEXT, turns: new Turns() };
  const spans: StageTiming[] = [];
  const network: Stage = {
    ...stage("network", ["spectrogram"], ["logits.beat"], 20),
    isNetwork: true,
  };
  const after = stage("after", ["logits.beat"], ["beats"]);
  const onTiming = (timing: StageTiming): void => void spans.push(timing);
  const tracks = [1, 2, 3].map(() =>
    runStages({ spectrogram: ONE }, context, { onTiming }, 0, [network, after])
  );
  for (const seams of await Promise.all(tracks)) equal(seams.beats?.data[0], 3);
  const networks = spans.filter(({ stage }) => stage === "network");
  equal(networks.length, 3);
  for (const [at, { start }] of networks.entries()) ok(start >= (networks[at - 1]?.end ?? 0));
});
