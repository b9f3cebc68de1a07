import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { compare } from "./compare.ts";
import { tensor } from "../core/tensor.ts";
import { ParityReportError, readParityReport } from "./report_document.ts";
import { TOLERANCES } from "./tolerances.ts";

const beats = tensor("f64", [1], Float64Array.of(0.5));

/** A report as versions before format 2 wrote it. */
const FORMAT_1 = {
  format: 1,
  upstream: { madmom: "0.16.1" },
  suites: [{
    suite: "seeded",
    model: "seeded-all",
    results: [{
      ...{ suite: "seeded", piece: "three_four", mode: "isolated", stage: "metrical" },
      ...{ seam: "beats", verdict: "pass", tolerance: TOLERANCES.time },
      comparison: compare(beats, beats, TOLERANCES.time),
      ...{ upstreamFloat32: null, durationSeconds: 0.25 },
    }],
    growth: [],
  }],
};

Deno.test("readParityReport() reads a report of format 1, and leaves open what that did not have", () => {
  const report = readParityReport(JSON.stringify(FORMAT_1));
  equal([report.format, report.pipeline, report.suites[0]?.implementation], [2, "tactus", null]);
  equal(report.suites[0]?.results[0]?.seam, "beats");
  equal(readParityReport(JSON.stringify(report)), report);
});

Deno.test("readParityReport() reads a report that an old program wrote", async () => {
  // Written by the program at commit aa45a66, on later kernels, with boundaries measured against 14 instead of 12 seconds.
  const path = new URL("testdata/report_format_1.json", import.meta.url);
  const report = readParityReport(await Deno.readTextFile(path));
  const results = report.suites.flatMap(({ results }) => results);
  equal(results.map(({ verdict }) => verdict), [
    ...["pass", "pass", "pass", "pass", "fail", "fail", "fail", "fail"],
  ]);
  equal(results[4]?.comparison.reason, "the shape is [3], expected [4]");
  equal([report.suites[0]?.suite, report.suites[0]?.implementation], ["seeded", null]);
});

Deno.test("readParityReport() rejects other formats, damaged reports, and text that is not JSON", () => {
  const [suite] = FORMAT_1.suites;
  const wrong: readonly [unknown, RegExp][] = [
    [{ ...FORMAT_1, format: 3 }, /in format 1 or 2, but its format is 3/],
    [[], /its format is missing/],
    [null, /its format is missing/],
    [{ ...FORMAT_1, suites: [{ ...suite, results: [{}] }] }, /no report .* \/suites\/0\/results/],
    [{ ...FORMAT_1, format: 2 }, /no report of a parity run: \/pipeline/],
  ];
  for (const [json, message] of wrong) {
    throws(() => readParityReport(JSON.stringify(json)), (error) => {
      return error instanceof ParityReportError && ok(message.test(error.message)) === undefined;
    });
  }
  throws(() => readParityReport("{"), ParityReportError);
});
