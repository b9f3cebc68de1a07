import { deepStrictEqual as equal, match } from "node:assert/strict";
import {
  evaluationJson,
  type EvaluationReport,
  evaluationSchema,
  evaluationTables,
} from "./report.ts";
import { everyMeasure } from "./scores.ts";

const REPORT: EvaluationReport = {
  program: "tactus 1",
  settings: { folder: "/music", seconds: 60, threads: null },
  systems: [
    {
      name: "mix/model",
      weights: [{ name: "model", sha256: "00" }],
      tracks: [
        { track: "a|b", scores: everyMeasure(() => 1) },
        { track: "c", scores: { ...everyMeasure(() => null), beat_f: 0.5 } },
      ],
      failures: [{ track: "d", reason: "There is no truth" }],
    },
    { name: "empty", weights: [], tracks: [], failures: [] },
  ],
};

Deno.test("evaluationTables() has a row for each track, means, and blanks for unknown scores", () => {
  const lines = evaluationTables(REPORT).split("\n").filter((line) => line !== "");
  const ones = "1.000 | ".repeat(10).trimEnd();
  const blanks = "|  ".repeat(10) + "|";
  equal(lines[0], "## mix/model");
  match(lines[1]!, /^\| track \| beat F \| CMLc .* \| tempo acc 1 \| tempo acc 2 \|$/);
  equal(lines.slice(3, 6), [
    `| a\\|b | 1.000 | ${ones}`,
    `| c | 0.500 ${blanks}`,
    `| mean | 0.750 | ${ones}`,
  ]);
  equal(lines.slice(-2), [
    `| mix/model | 2 of 3 | 0.750 | ${ones}`,
    `| empty | 0 |  ${blanks}`,
  ]);
});

Deno.test("evaluationJson() has every score, the means and the settings", () => {
  const document = JSON.parse(evaluationJson(REPORT));
  equal(evaluationSchema.safeParse(document).error?.issues, undefined);
  const { settings, systems } = document;
  equal(systems[0].tracks, REPORT.systems[0]!.tracks);
  equal(systems[0].failures, REPORT.systems[0]!.failures);
  equal([systems[0].mean.beat_f, systems[1].mean.beat_f], [0.75, null]);
  equal([settings.seconds, settings.threads, settings.beat_window_seconds], [60, null, 0.07]);
});
