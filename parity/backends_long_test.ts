/** Both backends separate a whole demo piece whose stems are too loud for 1e-6. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { tensor } from "../core/tensor.ts";
import { seededHtdemucs } from "../models/htdemucs/seeded.ts";
import { loadModel } from "../models/registry.ts";
import { readMixture } from "../pipeline/mixture.ts";
import type { Backend } from "../pipeline/backends/backend.ts";
import { loadDemixer } from "../pipeline/backends/demixers.ts";
import { createNativeDemixSession } from "../pipeline/backends/native/htdemucs.ts";
import { type Demixer, releaseDemixer, wholeNetwork } from "../pipeline/demix.ts";
import { guardedStages, type GuardFinding } from "../pipeline/guard.ts";
import { networkModel } from "../pipeline/network.ts";
import type { Seams } from "../pipeline/seams.ts";
import { type Stage, STAGES } from "../pipeline/stages.ts";
import { type BackendRunner, backendRunners } from "./backend_runners.ts";
import { type BackendReport, compareBackends } from "./backend_comparison.ts";
import { backendTable } from "./render/tables.ts";

const { mixture } = await readMixture(join(FIXTURES_FOLDER, "audio", "three_four", "mix.flac"));
const model = networkModel("embedded", await loadModel("embedded"));
const runners = (await backendRunners({ model, demixer: "seeded-htdemucs" })).slice(0, 2);
const demix = STAGES.find(({ name }) => name === "demix")!;

/** Stems of both backends, each computed once. */
const stems = new Map<string, Partial<Seams>>();
for (const runner of runners) {
  const prepared = await runner.prepare(demix);
  stems.set(runner.name, await prepared.run({ mixture } as Seams));
  await prepared.release();
}

/** Returns a backend that gives the stems of another one, changed. */
function given(name: string, change: (stems: Float32Array) => void = () => {}): BackendRunner {
  const own = structuredClone(stems.get(name)!);
  change(own.stems!.data);
  const run = (): Promise<Partial<Seams>> => Promise.resolve(own);
  return {
    name,
    prepare: () => Promise.resolve({ run, release: () => Promise.resolve() }),
  };
}

async function compared(first: BackendRunner, other: BackendRunner): Promise<BackendReport> {
  return await compareBackends({ mixture }, [first, other], { stages: ["demix"] });
}

Deno.test("parity backends agrees on the whole of three_four, whose stems peak at 1.85", async () => {
  for (const [first, other] of [["native", "onnx"], ["onnx", "native"]] as const) {
    const report = await compared(given(first), given(other));
    const [seam] = report.results[1]!.seams;
    equal(seam?.verdict, "pass", backendTable(report));
    // Without the rule for loud stems, the two would differ.
    ok(seam!.comparison!.smallestTolerance! > 2e-6);
    match(backendTable(report), /stems peak at 1\.85/);
  }
});

Deno.test("parity backends finds small faults on three_four", async () => {
  const faults: readonly ((stems: Float32Array) => void)[] = [
    (stems) => void (stems[stems.length >> 1]! += 1e-5),
    (stems) => stems.forEach((x, at) => void (stems[at] = x * (1 + 4e-6))),
    (stems) => stems.forEach((x, at) => void (stems[at] = x + (at % 2 === 0 ? 3e-7 : -3e-7))),
  ];
  for (const [at, fault] of faults.entries()) {
    const report = await compared(given("native"), given("onnx", fault));
    equal(report.results[1]?.seams[0]?.verdict, "fail", `${at}: ${backendTable(report)}`);
  }
});

Deno.test("parity backends finds weights in half precision on three_four", async () => {
  const seeded = seededHtdemucs();
  const tensors = new Map([...seeded.tensors].map(([name, { shape, data }]) => {
    return [name, tensor("f32", shape, data.map(Math.f16round))] as const;
  }));
  const networks = [wholeNetwork(await createNativeDemixSession({ ...seeded, tensors }))];
  const demixer: Demixer = { name: "half", sha256: "", backend: "native", networks };
  const separation = { demixer: Promise.resolve(demixer), shifts: [0], stems: "floats" as const };
  const context = { model: Promise.resolve(model), embeddings: false, separation };
  const half = await demix.run({ mixture } as Seams, context);
  await releaseDemixer(demixer);
  const report = await compared(
    given("native"),
    given("native", (stems) => stems.set(half.stems!.data)),
  );
  equal(report.results[1]?.seams[0]?.verdict, "fail", backendTable(report));
});

Deno.test("analyze --guard keeps its backend on three_four, and leaves one with a fault", async () => {
  const finding = async (fault: (stems: Float32Array) => void): Promise<GuardFinding> => {
    const stage: Stage = {
      ...demix,
      run: async (seams) => await (await given("native", fault).prepare(demix)).run(seams as Seams),
      alternative: () =>
        Promise.resolve({
          ...{ backend: "onnx", tolerance: 1e-6, release: () => Promise.resolve() },
          run: () => Promise.resolve(stems.get("onnx")!),
        }),
    };
    const findings: GuardFinding[] = [];
    const options = { seconds: 3600, tolerance: 1e-6 };
    const [guarded] = guardedStages([stage], options, (one) => findings.push(one));
    await guarded!.run({ mixture } as Seams, { model: Promise.resolve(model), embeddings: false });
    return findings[0]!;
  };
  const clean = await finding(() => {});
  equal(clean.fellBack, false);
  ok(clean.needs > 2e-6 && clean.raised !== undefined);
  equal((await finding((data) => void (data[99]! += 1e-5))).fellBack, true);
});

Deno.test("analyze --guard loads the other backend for the first seconds of three_four", async () => {
  const load = (backend: Backend): Promise<Demixer> =>
    loadDemixer("seeded-htdemucs", { compute: { backend } });
  const findings: GuardFinding[] = [];
  const options = { seconds: 10, tolerance: 1e-6 };
  const [guarded] = guardedStages([demix], options, (one) => findings.push(one));
  await guarded!.run({ mixture } as Seams, {
    ...{ model: Promise.resolve(model), embeddings: false },
    separation: { demixer: load("native"), shifts: [0], stems: "floats", loadFallback: load },
  });
  equal([findings[0]?.fellBack, findings[0]?.alternative], [false, "onnx"]);
});
