import { deepStrictEqual as equal } from "node:assert/strict";
import { parityAlerts } from "./parity_alerts.ts";
import { DEFAULT_REGRESSION_SETTINGS as settings } from "./regression_settings.ts";
import type { ParityFigure, RunReport } from "./run_report.ts";
import { testRun } from "./test_runs.ts";

/** A run of one seam. */
function seam(needs: number | null, differing: Partial<ParityFigure> = {}): RunReport {
  const figure: ParityFigure = {
    suite: "embedded",
    piece: "demo",
    mode: "isolated",
    stage: "network",
    seam: "logits.beat",
    verdict: "pass",
    needs,
    allowed: 1e-6,
    upstream: null,
  };
  return testRun({ parity: [{ ...figure, ...differing }] });
}

function reasons(tonight: RunReport, before: readonly RunReport[]): string[] {
  return parityAlerts(tonight, before, settings).map(({ reason }) => reason);
}

Deno.test("parityAlerts() alerts for an error more than ten times the median before", () => {
  const before = [seam(1e-8), seam(2e-8), seam(9e-7)];
  equal(reasons(seam(2e-7), before), []);
  equal(parityAlerts(seam(2.1e-7), before, settings), [{
    suite: "embedded",
    piece: "demo",
    mode: "isolated",
    seam: "logits.beat",
    reason: "grown",
    needs: 2.1e-7,
    before: 2e-8,
  }]);
});

Deno.test("parityAlerts() does not mind growth up to the floor, and does above, also from 0", () => {
  equal(reasons(seam(1e-8), [seam(1e-12)]), []);
  equal(reasons(seam(1.1e-8), [seam(0)]), ["grown"]);
});

Deno.test("parityAlerts() alerts for a failed seam, whatever was before and with or without a figure", () => {
  equal(reasons(seam(2e-6, { verdict: "fail" }), []), ["outside"]);
  equal(reasons(seam(null, { verdict: "fail" }), [seam(null)]), ["outside"]);
});

Deno.test("parityAlerts() only compares the same seam of the same piece, mode and suite", () => {
  for (const key of ["suite", "piece", "mode", "stage", "seam"]) {
    equal(reasons(seam(5e-7), [seam(1e-9, { [key]: "other" })]), ["missing"], key);
  }
  equal(reasons(seam(5e-7), [seam(1e-9)]), ["grown"]);
});
