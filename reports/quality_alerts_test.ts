import { deepStrictEqual as equal } from "node:assert/strict";
import { qualityAlerts } from "./quality_alerts.ts";
import { DEFAULT_REGRESSION_SETTINGS as settings } from "./regression_settings.ts";
import type { QualityFigure, RunReport } from "./run_report.ts";
import { testRun } from "./test_runs.ts";

function beats(value: number, differing: Partial<QualityFigure> = {}): RunReport {
  return testRun({
    quality: [{ system: "hpss/embedded", measure: "beat_f", value, tracks: 31, ...differing }],
  });
}

Deno.test("qualityAlerts() alerts for a measure that falls by more than it may, not for one that rises", () => {
  const before = [beats(0.5), beats(0.75), beats(0.9)];
  equal(qualityAlerts(beats(0.745), before, settings), []);
  equal(qualityAlerts(beats(0.9), before, settings), []);
  equal(qualityAlerts(beats(0.73), before, settings), [
    { system: "hpss/embedded", measure: "beat_f", value: 0.73, before: 0.75 },
  ]);
});

Deno.test("qualityAlerts() only compares the same measure of the same system over as many tracks", () => {
  for (const other of [{ system: "x" }, { measure: "x" }]) {
    const alerts = qualityAlerts(beats(0.1), [beats(0.9, other)], settings);
    equal(alerts.map(({ value, before }) => [value, before]), [[null, 0.9]]);
  }
  equal(qualityAlerts(beats(0.1), [beats(0.9, { tracks: 30 })], settings), []);
  equal(qualityAlerts(beats(0.1), [], settings), []);
});

Deno.test("qualityAlerts() alerts for a track that could not be analysed, also in the first night", () => {
  const night = (value: number): RunReport => beats(value, { measure: "analysed" });
  equal(qualityAlerts(night(0.75), [], settings).map(({ value, before }) => [value, before]), [
    [0.75, 1],
  ]);
  equal(qualityAlerts(night(0.75), [night(0.75)], settings).length, 1);
  equal(qualityAlerts(night(1), [], settings), []);
});
