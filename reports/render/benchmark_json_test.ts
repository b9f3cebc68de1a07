import { deepStrictEqual as equal } from "node:assert/strict";
import { benchmarkJson } from "./benchmark_json.ts";
import { exampleReport } from "../testdata/example.ts";

Deno.test("benchmarkJson() has the median of every stage, with the fields that the action reads", () => {
  const report = exampleReport({ nights: 0 });
  const figures: Record<string, unknown>[] = JSON.parse(benchmarkJson(report));
  equal(
    figures.map(({ name, unit, value }) => [name, unit, value]),
    report.stages.map(({ variant, stage, median }) => [`${variant}: ${stage}`, "s", median]),
  );
  for (const figure of figures) {
    equal(Object.keys(figure), ["name", "unit", "value", "range", "extra"]);
    equal([typeof figure.value, typeof figure.range, typeof figure.extra], [
      "number",
      "string",
      "string",
    ]);
  }
  equal(new Set(figures.map(({ name }) => name)).size, figures.length);
});
