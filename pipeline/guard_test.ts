import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { guardedStages, type GuardFinding } from "./guard.ts";
import { runStages } from "./runner.ts";
import type { Seams, Stage, StageContext } from "./stages.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

const FRAMES = 3000;
const OPTIONS = { seconds: 10, tolerance: 1e-6 };
const CONTEXT = { embeddings: false } as unknown as StageContext;

/** A stage that doubles, beside a judge that does so as well; `error` and what else differs are the fast one's. */
function doubling(
  calls: string[],
  { error = 0, ownTolerance = 0, change = (values: Float32Array): Float32Array => values } = {},
): Stage {
  const run = (who: string, off: number) => (seams: Seams): Promise<Partial<Seams>> => {
    const input = seams["logits.beat"];
    calls.push(`${who} ${input.shape[0]}`);
    const doubled = input.data.map((value, at) => 2 * value + (at === 7 ? off : 0));
    const data = who === "fast" ? change(doubled) : doubled;
    return Promise.resolve({ "activations.beat": tensor("f32", [data.length], data) });
  };
  return {
    ...{ name: "doubling", inputs: ["logits.beat"], outputs: ["activations.beat"] },
    ...{ backend: "native", run: run("fast", error) },
    judge: () =>
      Promise.resolve({
        ...{ backend: "plain", tolerance: ownTolerance, run: run("judge", 0) },
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

Deno.test("guardedStages() lets a stage run that agrees with its judge on the first seconds", async () => {
  const calls: string[] = [];
  const { output, findings } = await guarded(doubling(calls));
  equal(calls, ["judge 1000", "fast 1000", "fast 3000", "released"]);
  equal(findings, [
    { stage: "doubling", judge: "plain", needs: 0, seam: "activations.beat", fellBack: false },
  ]);
  equal(output?.data.length, FRAMES);
});

Deno.test("guardedStages() lets the judge run where the stage strays", async () => {
  const calls: string[] = [];
  const { output, findings } = await guarded(doubling(calls, { error: 1e-4 }));
  equal(calls, ["judge 1000", "fast 1000", "judge 3000", "released"]);
  ok(findings[0]?.fellBack && findings[0].needs > 1e-5 && findings[0].needs < 1e-4);
  equal(output?.data[7], 2);
});

Deno.test("guardedStages() allows for what the judge itself may be off", async () => {
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

Deno.test("guardedStages() leaves a stage without a judge as it is, and lets a failing judge fail", async () => {
  const { judge: _, ...unguarded } = doubling([]);
  equal(guardedStages([unguarded], OPTIONS, () => {}), [unguarded]);
  equal((await guarded({ ...unguarded, judge: () => Promise.resolve(null) })).findings, []);
  const judge = (): Promise<never> => Promise.reject(new Error("no judge"));
  await rejects(guarded({ ...unguarded, judge }), /no judge/);
});
