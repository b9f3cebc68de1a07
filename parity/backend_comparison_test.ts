import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { loadModel } from "../models/registry.ts";
import { DeviceError } from "../pipeline/backends/devices.ts";
import { networkModel } from "../pipeline/network.ts";
import type { Seams } from "../pipeline/seams.ts";
import { tensor } from "../core/tensor.ts";
import { type BackendRunner, backendRunners } from "./backend_runners.ts";
import { backendReportSchema, backendsAgree, compareBackends } from "./backend_comparison.ts";
import type { PreparedStage } from "./own_implementation.ts";
import { backendTable } from "./render/tables.ts";

const given = { stems16: tensor("i16", [4, 2, 8820], noise()) };
const options = { stages: ["network"] };
// All eight folds, whose mean the tolerance is for: single folds of two backends may differ by more.
const [native, onnx] = await backendRunners({
  model: networkModel("seeded-all", await loadModel("seeded-all", {})),
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

/** Returns a backend whose separation gives stems with a peak, and an error of one element and of all. */
function separating(name: string, peak: number, one = 0, all = 0): BackendRunner {
  const samples = 441;
  const data = Float32Array.from({ length: 8 * samples }, (_, at) => {
    const value = at % samples === 100 ? peak : 0.1 * peak * Math.sin(at);
    return value + (at === 7 ? one : 0) + all * (-1) ** at;
  });
  return {
    name,
    prepare: () =>
      Promise.resolve({
        run: () => Promise.resolve({ stems: tensor("f32", [4, 2, samples], data) }),
        release: () => Promise.resolve(),
      }),
  };
}

Deno.test("compareBackends() allows loud stems half of upstream's error at their level, and says so", async () => {
  const mixture = tensor("f32", [2, 441], new Float32Array(882));
  const first = separating("native", 1.85);
  const verdictOf = async (
    runner: BackendRunner,
    floats = {},
  ): Promise<{ verdict: string; text: string; peak?: number }> => {
    const report = await compareBackends({ mixture }, [first, runner], {
      ...{ stages: ["demix"], floats },
    });
    const [seam] = report.results[1]!.seams;
    ok(backendReportSchema.safeParse(report).success);
    return { ...seam!, text: backendTable(report) };
  };
  const within = await verdictOf(separating("onnx", 1.85, 3.5e-6));
  equal(within.verdict, "pass");
  ok(Math.abs(within.peak! - 1.85) < 1e-6);
  match(
    within.text,
    /^stems peak at 1\.85, where .* half of the error that upstream's own float32/m,
  );
  match(within.text, / 4\.2\de-6, >= 109\.0 dB /);
  const outside = await verdictOf(separating("onnx", 1.85, 6e-6));
  equal(outside.verdict, "fail");
  match(outside.text, /1 of 3528 elements miss the tolerance/);
  const noisy = await verdictOf(separating("onnx", 1.85, 0, 3e-6));
  match(noisy.text, /the signal-to-noise ratio is 94\.\d dB, expected at least 109\.0 dB/);
  // A tolerance that the user gave is kept.
  const strict = await verdictOf(separating("onnx", 1.85, 3.5e-6), { absolute: 1e-6 });
  equal([strict.verdict, strict.peak], ["fail", undefined]);
});

Deno.test("compareBackends() holds stems of ordinary level to 1e-6", async () => {
  const mixture = tensor("f32", [2, 441], new Float32Array(882));
  const runners = [separating("native", 0.4), separating("onnx", 0.4, 2e-6)];
  const report = await compareBackends({ mixture }, runners, { stages: ["demix"] });
  ok(!backendsAgree(report));
  ok(!/peak at/.test(backendTable(report)));
});
