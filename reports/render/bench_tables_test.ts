import { ok } from "node:assert/strict";
import { testRun } from "../testdata/test_runs.ts";
import { benchTables } from "./bench_tables.ts";

Deno.test("benchTables() shows medians, ranges, ratios to the first and every time", () => {
  const { machine } = testRun();
  const text = benchTables(testRun({
    machine: { ...machine, cpu: "Abacus", cores: 4, os: "linux" },
    benches: [
      { stage: "network", audioSeconds: 120, seconds: { ours: [2, 4, 3], theirs: [30, 12, 24] } },
      { stage: "start", audioSeconds: null, seconds: { ours: [0.1] } },
    ],
  }));
  const lines = text.split("\n");
  ok(lines.includes("2 threads; 4 × Abacus, linux"));
  ok(lines.includes("### network, 120.0 s of audio"));
  ok(lines.includes("| ours | 3.00 | 2.00 - 4.00 | 40.0 | 1.00 | 2.00 4.00 3.00 |"));
  ok(lines.includes("| theirs | 24.0 | 12.0 - 30.0 | 5.0 | 8.00 | 30.0 12.0 24.0 |"));
  ok(lines.includes("| ours | 0.100 | 0.100 - 0.100 | 1.00 | 0.100 |"), text);
});
