import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { seededCheckpoint } from "../models/all_in_one/seeded.ts";
import { DeviceError } from "../pipeline/backends/devices.ts";
import { networkModel } from "../pipeline/network.ts";
import type { Seams } from "../pipeline/seams.ts";
import { tensor } from "../core/tensor.ts";
import { type BackendRunner, backendRunners } from "./backend_runners.ts";
import { backendsAgree, compareBackends } from "./backend_comparison.ts";
import type { PreparedStage } from "./own_implementation.ts";
import { backendTable } from "./render/tables.ts";

const given = { stems16: tensor("i16", [4, 2, 8820], noise()) };
const options = { stages: ["network"] };
const [native, onnx] = await backendRunners({
  model: networkModel("seeded-fold0", [seededCheckpoint(0)]),
  threads: 1,
}) as [BackendRunner, BackendRunner];

function noise(): Int16Array {
  return Int16Array.from({ length: 8 * 8820 }, (_, i) => 8000 * Math.sin(i * i / 1e5));
}

/** Returns the native backend with changed outputs. */
function changed(
  name: string,
  change: (outputs: Partial<Seams>) => Partial<Seams>,
): BackendRunner {
  return {
    name,
    async prepare(stage): Promise<PreparedStage> {
      const prepared = await native.prepare(stage);
      return { ...prepared, run: async (seams) => change(await prepared.run(seams)) };
    },
  };
}

Deno.test("compareBackends() passes the native backend and ONNX Runtime on one spectrogram", async () => {
  const report = await compareBackends(given, [native, onnx], options);
  equal(report.results.map(({ stage, backend }) => [stage, backend]), [
    ["network", "native"],
    ["network", "onnx"],
  ]);
  const [first, second] = report.results;
  ok(first!.seams.every(({ verdict, comparison }) => verdict === "first" && comparison === null));
  equal(second!.seams.map(({ seam, verdict }) => [seam, verdict]), [
    ["logits.beat", "pass"],
    ["logits.downbeat", "pass"],
    ["logits.section", "pass"],
    ["logits.function", "pass"],
  ]);
  ok(backendsAgree(report));
  match(backendTable(report), /4 seams passed, 0 failed$/);
});

Deno.test("compareBackends() fails a backend with one wrong element, and names it", async () => {
  const broken = changed("broken", (outputs) => {
    outputs["logits.downbeat"]!.data[7]! += 1e-4;
    return outputs;
  });
  const report = await compareBackends(given, [native, broken, onnx], options);
  ok(!backendsAgree(report));
  const text = backendTable(report);
  match(
    text,
    /^fail: network, logits\.downbeat, broken: 1 of 20 elements miss the tolerance, .*\[7\]/m,
  );
  match(text, /7 seams passed, 1 failed$/);
});

Deno.test("compareBackends() fails a backend that does not compute a seam", async () => {
  const broken = changed("broken", ({ "logits.beat": _, ...others }) => others);
  const report = await compareBackends(given, [native, broken], options);
  ok(!backendsAgree(report));
  match(backendTable(report), /logits\.beat, broken: the output is missing/);
});

Deno.test("compareBackends() lists a backend whose device is missing, which alone is no agreement", async () => {
  const absent: BackendRunner = {
    name: "onnx on cuda",
    prepare: () => Promise.reject(new DeviceError("there is no such device")),
  };
  const alone = await compareBackends(given, [native, absent], options);
  ok(!backendsAgree(alone));
  match(backendTable(alone), /^network, onnx on cuda: not run: there is no such device$/m);
  ok(backendsAgree(await compareBackends(given, [native, absent, onnx], options)));
});

Deno.test("compareBackends() passes on the error of a backend", async () => {
  const broken = changed("broken", () => {
    throw new Error("out of order");
  });
  await rejects(compareBackends(given, [native, broken], options), /out of order/);
  await rejects(compareBackends(given, [], options), /got none/);
});
