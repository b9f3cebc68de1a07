/** The separation is judged, on correct and on damaged references. */

import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildHtdemucs } from "../pipeline/backends/onnx/htdemucs_graph.ts";
import { seededHtdemucs } from "../models/htdemucs/seeded.ts";
import type { DemixSession, SegmentOutput } from "../pipeline/backends/demix_session.ts";
import { createDemixSession } from "../pipeline/backends/onnx/htdemucs.ts";
import { type Demixer, wholeNetwork } from "../pipeline/demix.ts";
import type { StageContext } from "../pipeline/stages.ts";
import type { Tensor } from "../core/tensor.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { MODES } from "./suites.ts";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { type ClipEntry, readManifest, type ReferenceEntry } from "./manifest.ts";
import { ReferenceError } from "./reference_error.ts";
import { writeNpy } from "../core/npy.ts";
import { readReference } from "./references.ts";
import type { Mode, SeamResult } from "./report.ts";
import { runSuite } from "./_suite.ts";

const CLIP = "four_four_clip";
const manifest = await readManifest();
const seeded = manifest.suites["seeded"]!;
const correct = seeded.separation!.clips[CLIP]!;
const context: StageContext = { model: new Promise(() => {}), embeddings: true };

const session = await createDemixSession(buildHtdemucs(seededHtdemucs()));
const remembered = new Map<string, Promise<SegmentOutput>>();
Deno.test.afterAll(() => session.release());

let loads = 0;
let releases = 0;

/** The seeded network, which runs once on each input. */
function loadDemixer(name: string): Promise<Demixer> {
  loads++;
  const run: DemixSession["run"] = (wave, spectrum) => {
    const key = createHash("sha1").update(wave).update(spectrum).digest("hex");
    const output = remembered.get(key) ?? session.run(wave, spectrum);
    remembered.set(key, output);
    return output;
  };
  const release = (): Promise<void> => Promise.resolve(void releases++);
  const networks = [wholeNetwork({ run, release })];
  return Promise.resolve({ name, sha256: "", backend: "onnx", networks });
}

/** Differences of a run from the repository. */
interface Damage {
  readonly entries?: readonly ReferenceEntry[];
  readonly clips?: Readonly<Record<string, readonly ReferenceEntry[]>>;
  readonly clip?: Partial<ClipEntry>;
  readonly directory?: string;
  readonly modes?: readonly Mode[];
  readonly stage?: string;
}

async function run(damage: Damage = {}): Promise<SeamResult[]> {
  const { entries = correct, clip, directory = FIXTURES_FOLDER, stage = "demix" } = damage;
  const { clips = { [CLIP]: entries }, modes = ["isolated"] } = damage;
  const suite = { ...seeded, pieces: {}, separation: { ...seeded.separation!, clips } };
  const music = {
    pieces: manifest.pieces,
    clips: { [CLIP]: { ...manifest.clips[CLIP]!, ...clip } },
  };
  const options = { modes, directory, stages: [stage], loadDemixer };
  return await runSuite("seeded", suite, music, context, options);
}

function verdicts(results: readonly SeamResult[]): unknown[] {
  return results.map(({ seam, verdict }) => [seam, verdict]);
}

function reason(results: readonly SeamResult[], seam: string): string {
  return results.find((one) => one.seam === seam)?.comparison.reason ?? "";
}

function entryOf(seam: string): ReferenceEntry {
  return correct.find((entry) => entry.seam === seam)!;
}

/** Runs with the stored stems changed for the given seams. */
async function runWithChangedStems(
  seams: readonly string[],
  change: (stems: Float32Array) => void,
): Promise<SeamResult[]> {
  const stems = await readReference(entryOf("stems")) as Tensor<"f32">;
  change(stems.data);
  const bytes = writeNpy(stems);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  let results: SeamResult[] = [];
  await inTemporaryFolder(async (directory) => {
    const { mix } = manifest.pieces["four_four"]!.audio;
    for (const { path } of [mix, entryOf("stems")]) {
      await mkdir(join(directory, path, ".."), { recursive: true });
      await cp(join(FIXTURES_FOLDER, path), join(directory, path));
    }
    await writeFile(join(directory, "changed.npy"), bytes);
    const entries = correct.map((entry) =>
      seams.includes(entry.seam) ? { ...entry, path: "changed.npy", sha256 } : entry
    );
    results = await run({ entries, directory });
  });
  return results;
}

Deno.test("the separation passes in both modes, and its network is released", async () => {
  [loads, releases] = [0, 0];
  const results = await run({ modes: MODES });
  equal(results.map(({ mode, seam, verdict }) => [mode, seam, verdict]), [
    ["isolated", "stems", "pass"],
    ["isolated", "stems16", "pass"],
    ["chained", "stems", "pass"],
    ["chained", "stems16", "pass"],
  ]);
  equal([loads, releases], [1, 1]);
  equal(results.map(({ tolerance }) => tolerance).slice(0, 2), [
    { absolute: 1e-6, relative: 1e-6 },
    { absolute: 1, relative: 0, differing: 0.01 },
  ]);
});

Deno.test("the separation network is not loaded where its stage is not judged", async () => {
  loads = 0;
  equal((await run({ stage: "activations" })).every(({ stage }) => stage !== "demix"), true);
  equal(loads, 0);
});

Deno.test("the separation fails on stems that are swapped", async () => {
  const results = await runWithChangedStems(["stems", "stems16"], (stems) => {
    const length = stems.length / 4;
    const first = stems.slice(0, length);
    stems.copyWithin(0, length, 2 * length);
    stems.set(first, length);
  });
  equal(verdicts(results), [["stems", "fail"], ["stems16", "fail"]]);
});

Deno.test("the separation fails on a mixture that is shifted by one sample", async () => {
  const { startSample } = manifest.clips[CLIP]!;
  const results = await run({ clip: { startSample: startSample + 1 }, modes: MODES });
  equal(results.length, 4);
  ok(results.every(({ verdict }) => verdict === "fail"));
});

Deno.test("the separation fails on a single error of 2e-6", async () => {
  const at = 1_234_567;
  const results = await runWithChangedStems(["stems", "stems16"], (stems) => {
    ok(Math.abs(stems[at]!) < 0.1);
    stems[at]! += 2e-6;
  });
  equal(verdicts(results), [["stems", "fail"], ["stems16", "pass"]]);
  match(
    reason(results, "stems"),
    /^1 of 2720000 elements miss the tolerance, worst at \[1, 1, 214567\]/,
  );
});

Deno.test("the separation fails on too many 16-bit steps", async () => {
  const results = await runWithChangedStems(["stems16"], (stems) => {
    // Three in four of these round to the next step. The second stem stays clear of a rescale.
    for (let at = 0; at < 40_000; at++) stems[680_000 + at]! += 0.75 / 32768;
  });
  equal(verdicts(results), [["stems", "pass"], ["stems16", "fail"]]);
  match(reason(results, "stems16"), /^\d+ of 2720000 elements differ, more than 1 %$/);
});

Deno.test("the separation fails on one error of two 16-bit steps", async () => {
  const results = await runWithChangedStems(["stems16"], (stems) => {
    stems[700_000]! += 2.5 / 32768;
  });
  equal(verdicts(results), [["stems", "pass"], ["stems16", "fail"]]);
  match(reason(results, "stems16"), /^1 of 2720000 elements miss the tolerance/);
});

Deno.test("the separation fails on a seam, and on a clip, missing from the manifest", async () => {
  const results = await run({ entries: [entryOf("stems")] });
  equal(verdicts(results), [["stems", "pass"], ["stems16", "fail"]]);
  match(reason(results, "stems16"), /the reference is missing/);
  loads = 0;
  equal(verdicts(await run({ clips: {} })), [["stems", "fail"], ["stems16", "fail"]]);
  equal(loads, 0);
});

Deno.test("the separation cannot be judged on audio that differs from the manifest", async () => {
  const { samples } = manifest.pieces["four_four"]!;
  releases = 0;
  await rejects(run({ clip: { startSample: samples - 100 } }), ReferenceError);
  await rejects(run({ clip: { piece: "other" } }), ReferenceError);
  await rejects(run({ clips: { other: correct } }), ReferenceError);
  equal(releases, 3);
  await inTemporaryFolder(async (directory) => {
    const { path } = manifest.pieces["four_four"]!.audio.mix;
    await mkdir(join(directory, path, ".."), { recursive: true });
    await cp(join(FIXTURES_FOLDER, path.replace("mix", "bass")), join(directory, path));
    await rejects(run({ directory }), /mix\.flac was changed/);
  });
});
