/** Tests the guard of the analyze command. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { loadModel } from "../models/registry.ts";
import { analyzeTrack } from "../pipeline/analyze_track.ts";
import { loadDemixer } from "../pipeline/backends/demixers.ts";
import { networkModel } from "../pipeline/network.ts";
import type { Provenance } from "../pipeline/result.ts";
import { resultSchema } from "../pipeline/result_schema.ts";
import type { StageTiming } from "../pipeline/runner.ts";
import { repository, tactus } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

const TRACK = join(repository, "fixtures", "audio", "formats", "flac_16.flac");
const CALL = ["analyze", TRACK, "--demixer", "hpss-mix", "-m", "embedded", "--guard"];

async function guardIn(
  folder: string,
): Promise<Pick<Provenance, "backends"> & { guard: NonNullable<Provenance["guard"]> }> {
  const text = await Deno.readTextFile(join(folder, "flac_16.json"));
  const { guard, backends } = resultSchema.parse(JSON.parse(text)).provenance;
  ok(guard !== null);
  return { guard, backends };
}

Deno.test("analyze --guard computes the beginning twice and records the comparison", async () => {
  await inTemporaryFolder(async (folder) => {
    const { code, stderr } = await tactus([...CALL, "-o", folder]);
    equal(code, 0, stderr);
    const { guard, backends } = await guardIn(folder);
    equal([guard.seconds, guard.tolerance], [10, 1e-6]);
    equal(guard.stages.map(({ stage, fell_back }) => [stage, fell_back]), [
      ["spectrogram", false],
      ["network", false],
      ["metrical", false],
    ]);
    equal([backends["spectrogram"], backends["network"]], ["native", "native"]);
    ok(!stderr.includes("differs from"));
  });
});

Deno.test("a track whose stages differ from their second implementation is computed by the second, and its result records this", async () => {
  const timings: StageTiming[] = [];
  const model = networkModel("embedded", await loadModel("embedded"));
  const demixer = loadDemixer("hpss");
  const { result, warnings } = await analyzeTrack({ path: TRACK, name: "flac_16" }, {
    model: Promise.resolve(model),
    embeddings: false,
    separation: { demixer, shifts: [null] },
    // Every difference is above this tolerance.
    guard: { seconds: 2, tolerance: -1 },
    observer: { onTiming: (timing) => timings.push(timing) },
  });
  const { guard, backends } = result.provenance;
  equal(guard?.stages.every(({ fell_back }) => fell_back), true);
  const alternatives = { spectrogram: "plain", network: "onnx", metrical: "plain" };
  equal({ ...backends, ...alternatives }, backends);
  equal(warnings.length, 3);
  match(warnings[0] ?? "", /flac_16\.flac: spectrogram differs from plain in spectrogram by \d/);
  const fallbacks = timings.filter(({ fallback }) => fallback !== undefined);
  equal(
    Object.fromEntries(fallbacks.map(({ stage, fallback }) => [stage, fallback])),
    alternatives,
  );
});

Deno.test("analyze rejects invalid options of the guard", async () => {
  for (
    const settings of [["--guard-max-abs", "1"], ["--guard", "--guard-max-abs", "0"], [
      "--guard",
      "--guard-seconds",
      "x",
    ]]
  ) {
    const { code, stderr } = await tactus(["analyze", TRACK, ...settings]);
    equal(code, 2);
    match(stderr, /--guard/);
  }
});
