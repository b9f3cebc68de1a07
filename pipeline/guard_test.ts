import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { guardedStages, type GuardFinding } from "./guard.ts";
import { runStages } from "./runner.ts";
import type { Seams } from "./seams.ts";
import type { Stage, StageAlternative, StageContext } from "./stages.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

const FRAMES = 3000;
const OPTIONS = { seconds: 10, tolerance: 1e-6 };
const CONTEXT = { embeddings: false } as unknown as StageContext;

/** A stage with two implementations that double; `error` and `change` apply to the first. */
function doubling(
  calls: string[],
  { error = 0, ownTolerance = 0, change = (values: Float32Array): Float32Array => values } = {},
): Stage {
  const run =
    (implementation: string, error: number) => (seams: Seams): Promise<Partial<Seams>> => {
      const input = seams["logits.beat"];
      calls.push(`${implementation} ${input.shape[0]}`);
      const doubled = input.data.map((value, at) => 2 * value + (at === 7 ? error : 0));
      const data = implementation === "first" ? change(doubled) : doubled;
      return Promise.resolve({ "activations.beat": tensor("f32", [data.length], data) });
    };
  return {
    ...{ name: "doubling", inputs: ["logits.beat"], outputs: ["activations.beat"] },
    ...{ backend: "native", run: run("first", error) },
    alternative: () =>
      Promise.resolve({
        ...{ backend: "plain", tolerance: ownTolerance, run: run("second", 0) },
        release: () => {
          calls.push("released");
          return Promise.resolve();
        },
      }),
  };
}

async function guarded(
  stage: Stage,
): Promise<{ output: Tensor<"f32"> | undefined; findings: GuardFinding[] }> {
  const input = tensor("f32", [FRAMES], new Float32Array(FRAMES).map((_, at) => at % 3));
  const findings: GuardFinding[] = [];
  const stages = guardedStages([stage], OPTIONS, (finding) => findings.push(finding));
  const seams = await runStages({ "logits.beat": input }, CONTEXT, {}, 0, stages);
  return { output: seams["activations.beat"], findings };
}

Deno.test("guardedStages() runs a stage whose implementations agree on the first seconds", async () => {
  const calls: string[] = [];
  const { output, findings } = await guarded(doubling(calls));
  equal(calls, ["second 1000", "first 1000", "first 3000", "released"]);
  equal(findings, [
    {
      stage: "doubling",
      alternative: "plain",
      needs: 0,
      seam: "activations.beat",
      fellBack: false,
    },
  ]);
  equal(output?.data.length, FRAMES);
});

Deno.test("guardedStages() runs the second implementation where the two differ", async () => {
  const calls: string[] = [];
  const { output, findings } = await guarded(doubling(calls, { error: 1e-4 }));
  equal(calls, ["second 1000", "first 1000", "second 3000", "released"]);
  ok(findings[0]?.fellBack && findings[0].needs > 1e-5 && findings[0].needs < 1e-4);
  equal(output?.data[7], 2);
});

Deno.test("guardedStages() judges by the signal-to-noise ratio where the first implementation is less precise", async () => {
  const found = async (
    least: number,
    change: (values: Float32Array) => Float32Array = (values) => values.map((x) => 1.01 * x),
  ): Promise<GuardFinding> => {
    const stage = doubling([], { change });
    const alternative = async (context: StageContext): Promise<StageAlternative> => ({
      ...(await stage.alternative!(context))!,
      leastSnrDecibels: least,
    });
    return (await guarded({ ...stage, alternative })).findings[0]!;
  };
  const near = await found(39.9);
  ok(Math.abs(near.snrDecibels! - 40) < 1e-3 && near.needs > 1e-3);
  equal(near.fellBack, false);
  equal((await found(40.1)).fellBack, true);
  equal((await found(30, (values) => values)).snrDecibels, Infinity);
  const broken = await found(30, (values) => values.map((x, at) => at === 3 ? NaN : x));
  ok(Number.isNaN(broken.snrDecibels) && broken.fellBack);
});

Deno.test("guardedStages() adds the tolerance of the second implementation", async () => {
  const error = 5e-6;
  equal((await guarded(doubling([], { error }))).findings[0]?.fellBack, true);
  equal((await guarded(doubling([], { error, ownTolerance: 1e-5 }))).findings[0]?.fellBack, false);
});

Deno.test("guardedStages() falls back on NaN, another shape, and a stage that fails", async () => {
  const changes: ((values: Float32Array) => Float32Array)[] = [
    (values) => values.fill(NaN, 999),
    (values) => values.subarray(1),
    () => {
      throw new Error("no kernel");
    },
  ];
  for (const change of changes) {
    const { output, findings } = await guarded(doubling([], { change }));
    equal([findings[0]?.needs, findings[0]?.fellBack], [Infinity, true]);
    equal([output?.data.length, output?.data[2999]], [FRAMES, 2 * (2999 % 3)]);
  }
});

Deno.test("guardedStages() returns a stage without a second implementation as it is, and fails where the second fails", async () => {
  const { alternative: _, ...unguarded } = doubling([]);
  equal(guardedStages([unguarded], OPTIONS, () => {}), [unguarded]);
  equal((await guarded({ ...unguarded, alternative: () => Promise.resolve(null) })).findings, []);
  const alternative = (): Promise<never> => Promise.reject(new Error("no backend"));
  await rejects(guarded({ ...unguarded, alternative }), /no backend/);
});

/** Length of made stems in samples. */
const SAMPLES = 441;

/** A separation of which the second implementation has a tolerance, and the first the given errors. */
function separation(peak: number, errors: (at: number) => number, tolerance = 1e-6): Stage {
  const stems = (error: (at: number) => number) => (): Promise<Partial<Seams>> => {
    // A loud moment in a quiet piece.
    const data = Float32Array.from(
      { length: 8 * SAMPLES },
      (_, at) => (at % SAMPLES === 100 ? peak : 0.1 * peak * Math.sin(at)) + error(at),
    );
    return Promise.resolve({ stems: tensor("f32", [4, 2, SAMPLES], data) });
  };
  return {
    ...{ name: "demix", inputs: ["mixture"], outputs: ["stems", "stems16"], backend: "native" },
    run: stems(errors),
    alternative: () =>
      Promise.resolve({
        ...{ backend: "onnx", tolerance, run: stems(() => 0) },
        release: () => Promise.resolve(),
      }),
  };
}

async function separated(stage: Stage): Promise<GuardFinding> {
  const mixture = tensor("f32", [2, SAMPLES], new Float32Array(2 * SAMPLES));
  const findings: GuardFinding[] = [];
  const stages = guardedStages([stage], OPTIONS, (finding) => findings.push(finding));
  await runStages({ mixture }, CONTEXT, {}, 0, stages);
  return findings[0]!;
}

Deno.test("guardedStages() allows loud stems the errors of single precision, and no larger or wider ones", async () => {
  const once = (error: number) => (at: number): number => at === 7 ? error : 0;
  const loud = await separated(separation(1.85, once(4.5e-6)));
  equal(loud.fellBack, false);
  ok(loud.raised!.allowed > 5.2e-6 && loud.raised!.allowed < 5.3e-6);
  ok(Math.abs(loud.raised!.peak - 1.85) < 1e-6 && loud.raised!.snrDecibels > 109);
  equal((await separated(separation(1.85, once(9e-6)))).fellBack, true);
  // Every element is within the tolerance, but all together are noisier than single precision.
  const noisy = await separated(separation(1.85, (at) => 3e-6 * (-1) ** at));
  equal(noisy.fellBack, true);
  ok(noisy.needs < noisy.raised!.allowed && noisy.raised!.snrDecibels < 109);
});

Deno.test("guardedStages() does not raise the tolerance of stems at an ordinary level, of equal ones, or for double precision", async () => {
  const once = (at: number): number => at === 7 ? 4.5e-6 : 0;
  const ordinary = await separated(separation(0.3, once));
  equal([ordinary.fellBack, ordinary.raised], [true, undefined]);
  const same = await separated(separation(1.85, () => 0));
  equal([same.fellBack, same.raised], [false, undefined]);
  const double = await separated(separation(1.85, once, 0));
  equal([double.fellBack, double.raised], [true, undefined]);
  equal((await separated(separation(1.85, (at) => at === 9 ? NaN : 0))).fellBack, true);
});
