import { deepStrictEqual as equal } from "node:assert/strict";
import { resumable } from "./nightly_run.ts";
import type { RunReport } from "./run_report.ts";
import { testRun } from "./testdata/test_runs.ts";

const NOW = Date.parse("2026-01-02T03:00:00.000Z");

const WANTED = testRun({ program: { version: "0.1.0", commit: "c", isModified: false } });

function ended(changes: Partial<RunReport> = {}): RunReport {
  return { ...WANTED, startedAt: "2026-01-02T02:00:00.000Z", finishedAt: null, ...changes };
}

Deno.test("resumable() finds the newest interrupted run with the same settings and any seed", () => {
  const older = ended({ id: "0", startedAt: "2026-01-02T01:00:00.000Z" });
  const newer = ended({ settings: { ...WANTED.settings, seed: 2 } });
  equal(resumable([older, newer], WANTED, undefined, NOW), newer);
});

Deno.test("resumable() ignores runs that are finished, old or different", () => {
  const others: Partial<RunReport>[] = [
    { finishedAt: "2026-01-02T02:30:00.000Z" },
    { startedAt: "2026-01-01T02:00:00.000Z" },
    { confirms: "0" },
    { program: { ...WANTED.program, commit: "d" } },
    { machine: { ...WANTED.machine, fingerprint: "other" } },
    { versions: { deno: "3" } },
    { settings: { ...WANTED.settings, rounds: 3 } },
    { settings: { ...WANTED.settings, weightsSha256: "x" } },
    { tracks: [{ name: "t", seconds: 1, sha256: "other" }] },
    { variants: [] },
  ];
  for (const other of others) {
    equal(resumable([ended(other)], WANTED, undefined, NOW), undefined, JSON.stringify(other));
  }
  equal(resumable([ended({ confirms: "0" })], WANTED, "0", NOW)?.id, "run");
});

Deno.test("resumable() resumes no run if files differ from the commit", () => {
  const program = { ...WANTED.program, isModified: true };
  equal(resumable([ended({ program })], { ...WANTED, program }, undefined, NOW), undefined);
});
