import { deepEqual as equal, match, rejects } from "node:assert/strict";
import { ModelError } from "../models/model_error.ts";
import { AnalysisRun } from "./analysis_run.ts";
import type { Track } from "./analyze_track.ts";

const TRACKS: readonly Track[] = ["one", "two"].map((name) => ({
  path: `/no/such/folder/${name}.wav`,
  name,
}));
const SETTINGS = { demixer: "hpss", shifts: [null], embeddings: false } as const;

Deno.test("AnalysisRun goes on after a track that fails, and counts the failures", async () => {
  const failures: string[] = [];
  const run = new AnalysisRun({ ...SETTINGS, model: "embedded" });
  const count = await run.analyzeAll(TRACKS, {
    onAnalyzed: () => {},
    onFailure: ({ name }, error) => failures.push(`${name}: ${(error as Error).message}`),
  });
  await run.close();
  equal(count, 2);
  match(failures.join("\n"), /^one: .*one\.wav.*\ntwo: .*two\.wav/);
});

Deno.test("AnalysisRun ends where weights are missing, since no track can be analysed", async () => {
  const run = new AnalysisRun({
    ...SETTINGS,
    ...{ model: "embedded", demixer: "htdemucs", weightsDir: "/no/such/folder" },
  });
  const failed: Track[] = [];
  const all = run.analyzeAll(TRACKS, {
    onAnalyzed: () => {},
    onFailure: (track) => failed.push(track),
  });
  await rejects(all, ModelError);
  await run.close();
  equal(failed, []);
});

Deno.test("AnalysisRun takes an error of the receiver for a failure of the track", async () => {
  const run = new AnalysisRun({ ...SETTINGS, model: "embedded" });
  run.analyze = (track) =>
    Promise.resolve({ track } as unknown as Awaited<ReturnType<AnalysisRun["analyze"]>>);
  const reasons: unknown[] = [];
  const count = await run.analyzeAll(TRACKS, {
    onAnalyzed: ({ track }) => {
      if (track.name === "one") throw new Error("The disk is full");
    },
    onFailure: (_, error) => reasons.push((error as Error).message),
  });
  await run.close();
  equal([count, reasons], [1, ["The disk is full"]]);
});
