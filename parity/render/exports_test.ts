/** Exports of the report: JSON, JUnit XML and Markdown. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { z } from "zod";
import { tensor } from "../../core/tensor.ts";
import { compare, refused } from "../compare.ts";
import { TOLERANCES } from "../tolerances.ts";
import type { ParityReport, SeamResult } from "../report.ts";
import { parityJunit } from "./junit.ts";
import { parityMarkdown } from "./markdown.ts";
import schema from "./parity_report.schema.json" with { type: "json" };

function result(changes: Partial<SeamResult> = {}): SeamResult {
  const beats = tensor("f64", [2], Float64Array.of(0.5, 1));
  return {
    suite: "seeded",
    piece: "three_four",
    mode: "isolated",
    stage: "metrical",
    seam: "beats",
    verdict: "pass",
    tolerance: TOLERANCES.time,
    comparison: compare(beats, beats, TOLERANCES.time),
    upstreamFloat32: null,
    durationSeconds: 0.25,
    ...changes,
  };
}

const wrong = compare(
  tensor("f32", [2], Float32Array.of(1, 2)),
  tensor("f32", [2], Float32Array.of(1, 3)),
  TOLERANCES.float,
  0,
);

const report: ParityReport = {
  format: 2,
  pipeline: "tactus",
  upstream: { madmom: "0.16.1" },
  suites: [
    {
      suite: "seeded",
      implementation: "native",
      model: "seeded-all",
      results: [
        result(),
        result({ seam: "bpm", tolerance: TOLERANCES.equal }),
        result({
          piece: "four_four",
          stage: "network",
          seam: "logits.beat",
          verdict: "fail",
          tolerance: TOLERANCES.float,
          comparison: wrong,
          upstreamFloat32: { maxAbs: 1e-6, maxRel: 1e-3, minTolerance: 5e-7 },
        }),
        result({ piece: "four_four", mode: "chained", verdict: "reported", comparison: wrong }),
        result({ piece: "four_four", mode: "chained", verdict: "fail", comparison: refused("x") }),
      ],
      growth: [{
        ...{ piece: "four_four", stage: "network", seam: "logits.beat", from: "spectrogram" },
        ...{ inputNeeds: 1e-7, outputNeeds: 2e-7, factor: 2 },
      }],
      first: [{ piece: "four_four", mode: "isolated", stage: "network", seams: ["logits.beat"] }],
    },
    {
      suite: "harmonix",
      implementation: "native",
      model: "harmonix-all",
      notRun: 'no <weights> & "no" hope\u0007\ud800\nfor | it',
      results: [],
      growth: [],
      first: [],
    },
  ],
  walks: [{
    stage: "network",
    subject: "noise",
    steps: [{
      ...{ seam: "embedded", inputs: [], shape: [2], verdict: "fail", elements: 0, failing: 0 },
      ...{ needs: null, allowed: 1e-6, reason: "the output is missing" },
    }],
    first: {
      ...{ seam: "norm", inputs: ["embedded"], shape: [2], verdict: "fail", elements: 2 },
      ...{ failing: 1, needs: 1, allowed: 1e-6, worst: { index: [1], actual: 2, expected: 3 } },
      picture: { rowAxis: null, columnAxis: "frames", cells: [[null, 1]] },
    },
  }],
};

const fromFile = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);

/** The report, written as JSON and read again. */
function written(of: ParityReport = report): ReturnType<typeof JSON.parse> {
  return JSON.parse(JSON.stringify(of));
}

Deno.test("the JSON of a report conforms to its schema", () => {
  equal(fromFile.safeParse(written()).error?.issues, undefined);
});

Deno.test("the schema rejects reports with a missing field, an unknown field, or a value of another type", () => {
  const damages: ((json: ReturnType<typeof written>) => void)[] = [
    (json) => json.format = 1,
    (json) => delete json.upstream,
    (json) => json.more = 1,
    (json) => delete json.suites[0].growth,
    (json) => json.suites[0].results[0].verdict = "maybe",
    (json) => json.suites[0].results[0].mode = "alone",
    (json) => delete json.suites[0].results[0].comparison.margin,
    (json) => json.suites[0].results[0].comparison.rms = -1,
    (json) => json.suites[0].results[0].comparison.ulps = 3,
    (json) => json.suites[0].results[2].comparison.worst.index = ["0"],
    (json) => json.suites[0].results[2].upstreamFloat32 = {},
    (json) => json.suites[0].growth[0].factor = "2",
    (json) => json.suites[0].results[2].comparison.profile[0] = -1,
    (json) => json.walks[0].more = 1,
    (json) => json.walks[0].steps[0].more = 1,
    (json) => json.walks[0].steps[0].picture = json.walks[0].first.picture,
    (json) => json.walks[0].first.picture.cells[0][0] = -1,
    (json) => delete json.walks[0].first.allowed,
  ];
  for (const damage of damages) {
    const json = written();
    damage(json);
    ok(!fromFile.safeParse(json).success, damage.toString());
  }
});

Deno.test("parityJunit() has a suite for each piece, a case for each seam, and both values of a failure", () => {
  const xml = parityJunit(report);
  match(xml, /^<testsuites name="parity" tests="7" failures="3" errors="0" skipped="1">$/m);
  match(xml, /^ {2}<testsuite name="seeded, three_four" tests="2" failures="0"/m);
  match(
    xml,
    /<testcase classname="seeded\.three_four\.isolated" name="metrical: beats" time="0\.250000"\/>/,
  );
  // The stage ran once.
  match(xml, /name="metrical: bpm"\/>/);
  match(
    xml,
    /<failure type="parity" message="1 of 2 .*worst at \[1\]: 2, expected 3">worst at \[1\]: 2, /,
  );
  match(xml, /<system-out>Reported, not judged: 1 of 2/);
  match(xml, /<failure type="parity" message="x">x<\/failure>/);
});

Deno.test("parityJunit() has a suite for each walk, a case for each inner seam, and names the first wrong one", () => {
  const [walk] = report.walks!;
  const { picture: _, ...failed } = walk!.first!;
  const passed = { ...failed, seam: "input", verdict: "pass" } as const;
  const xml = parityJunit({
    ...report,
    suites: [],
    walks: [{ ...walk!, steps: [passed, walk!.steps[0]!, failed] }],
  });
  match(xml, /^<testsuites name="parity" tests="3" failures="2" errors="0" skipped="0">$/m);
  match(xml, /^ {2}<testsuite name="walk, network, noise" tests="3" failures="2"/m);
  match(xml, /^ {4}<testcase classname="walk\.network" name="input"\/>$/m);
  match(xml, /<failure type="walk" message="wrong, after the first .*">the output is missing</);
  match(
    xml,
    /<failure type="walk" message="the first wrong step.*">worst at \[1\]: 2, expected 3; /,
  );
});

Deno.test("parityJunit() escapes markup, leaves out characters that XML does not allow, and skips suites that did not run", () => {
  const xml = parityJunit(report);
  match(xml, /<skipped message="no &lt;weights&gt; &amp; &quot;no&quot; hope for \| it"\/>/);
  // deno-lint-ignore no-control-regex
  equal(xml.match(/[\u0000-\u0008\ud800-\udfff]/), null);
  const opened = [...xml.matchAll(/<([a-z-]+)(?:\s[^>]*[^/])?>/g)].map(([, name]) => name);
  const closed = [...xml.matchAll(/<\/([a-z-]+)>/g)].map(([, name]) => name);
  equal(opened.toSorted(), closed.toSorted());
});

Deno.test("parityMarkdown() lists failures first, and every seam in a table of equal rows", () => {
  const markdown = parityMarkdown(report);
  match(
    markdown,
    /^## Parity: 2 failed\n\n2 seams passed, 2 failed, 1 reported\.\n\n- seeded, four_four/,
  );
  const rows = markdown.split("\n").filter((line) => line.startsWith("|"));
  equal(rows.length, 2 + 5);
  equal(new Set(rows.map((line) => line.split(/(?<!\\)\|/).length)).size, 1);
  match(markdown, /\| network \| logits\.beat \| 1\.00e\+0 \|.* \*\*fail\*\* \|$/m);
  match(markdown, /^\*\*harmonix\*\* was not run: no &lt;weights> &amp; "no" hope.* for \\\| it$/m);
  match(
    markdown,
    /^```\nfirst wrong: norm \[2\], while embedded is correct where sampled\nworst at \[1\]: 2, expected 3\n/m,
  );
  match(parityMarkdown({ ...report, suites: [] }), /^## Parity: nothing failed/);
});
