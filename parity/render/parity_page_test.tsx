/** The page of a parity run, opened in a browser. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { tensor } from "../../core/tensor.ts";
import { Browser, browserPath, type PageEvent } from "../../tests/support/browser.ts";
import {
  accessibilityFindings,
  layoutShift,
  overflow,
  overlappingLabels,
} from "../../tests/support/report_page.ts";
import { inTemporaryFolder } from "../../tests/support/temporary_folder.ts";
import { compare } from "../compare.ts";
import { TOLERANCES } from "../tolerances.ts";
import type { InnerSeamResult, ParityReport } from "../report.ts";
import { parityPage } from "./parity_page.tsx";

const wrong: InnerSeamResult = {
  ...{ seam: "norm <b>", inputs: ["embedded"], shape: [2, 2], verdict: "fail", elements: 4 },
  ...{ failing: 1, needs: 1, allowed: 1e-6, worst: { index: [0, 1], actual: 2, expected: 3 } },
};

/** A report with one seam that fails, whose errors are those given. */
function reportOf(errors: readonly number[], suite = "seeded"): ParityReport {
  const expected = tensor("f32", [errors.length], new Float32Array(errors.length));
  const actual = tensor("f32", [errors.length], Float32Array.from(errors));
  return {
    format: 2,
    pipeline: "tactus",
    upstream: {},
    suites: [{
      ...{ suite, model: "seeded-all", implementation: "native", growth: [], first: [] },
      results: [{
        ...{ suite, piece: "three_four", mode: "isolated", stage: "network", seam: "logits.beat" },
        verdict: "fail",
        tolerance: TOLERANCES.float,
        comparison: compare(actual, expected, TOLERANCES.float, 0),
        upstreamFloat32: null,
        durationSeconds: 0.5,
      }],
    }],
    walks: [{
      ...{ stage: "network", subject: "noise", steps: [wrong] },
      first: {
        ...wrong,
        picture: { rowAxis: "bands", columnAxis: "frames", cells: [[0, 1], [null, 1e-2]] },
      },
    }],
  };
}

/** Errors of scripts, console messages, and requests to other hosts. */
function troublesOf({ events }: Browser): readonly PageEvent[] {
  return events.filter(({ method, params }) =>
    method === "Runtime.exceptionThrown" || method === "Log.entryAdded" ||
    method === "Runtime.consoleAPICalled" ||
    method === "Network.requestWillBeSent" &&
      !/^(file|data):/.test((params["request"] as { url: string }).url)
  );
}

const page = parityPage(reportOf([1e-7, 2e-3, 0, 1e-5]));

Deno.test("parityPage() lists failures first, the walk and its heat map, and escapes names", () => {
  match(
    page,
    /<tr class="fail"><th scope="row"><a href="#(seeded-three_four-isolated-logits\.beat)">/,
  );
  match(page, /id="seeded-three_four-isolated-logits\.beat"/);
  match(page, /Stage network: 2 of 4 elements/);
  match(page, /First wrong: norm &lt;b><\/strong> \[2, 2\], computed from embedded/);
  match(page, /Worst at \[0, 1\]: 2, expected 3/);
  const [body] = page.split("<script");
  ok(!body!.includes("\\n"), "no escape sequence is left in the text");
  // Of four cells of the heat map, one was not compared and one has no error.
  const [, heat] = /<svg class="heat"(.*?)<\/svg>/.exec(page)!;
  equal(heat!.match(/<rect /g)?.length, 2);
  ok(!parityPage(reportOf([1], "<script>alert(1)</script>")).includes("<script>alert"));
});

Deno.test("parityPage() draws each part of the time axis, those beyond the limit apart, and the limit", () => {
  const [, chart] = /<svg class="errors large"(.*?)<\/svg>/.exec(page)!;
  // Of four parts, one has no error and two are beyond 1e-6.
  equal(chart!.match(/<rect /g)?.length, 3);
  equal(chart!.match(/<rect class="over"/g)?.length, 2);
  equal(chart!.match(/<line class="limit"/g)?.length, 1);
  match(
    chart!,
    /largest error of logits\.beat in each part of the piece, at most 2\.00e-3; the limit is 1\.00e-6/,
  );
  match(
    page,
    /3 of 4 elements of logits\.beat differ: 1 from 1e-7, 0 from 1e-6, 1 from 1e-5, 0 from 1e-4, 1 from 1e-3/,
  );
});

Deno.test("parityPage() draws 16-bit samples in steps", () => {
  const [actual, expected] = [[0, 3, 1, 0], [0, 0, 0, 0]].map((values) =>
    tensor("i16", [4], Int16Array.from(values))
  );
  const [suite] = reportOf([0]).suites;
  const comparison = compare(actual, expected, TOLERANCES.steps, 0);
  const results = [{ ...suite!.results[0]!, tolerance: TOLERANCES.steps, comparison }];
  const drawn = parityPage({ ...reportOf([0]), suites: [{ ...suite!, results }] });
  const [, chart] = /<svg class="errors large"(.*?)<\/svg>/.exec(drawn)!;
  equal([...chart!.matchAll(/text-anchor="end">(\d)</g)].map(([, text]) => text), [
    "0",
    "1",
    "2",
    "3",
  ]);
  match(drawn, /<td class="number">3 in 50 %<\/td><td class="number">1 in 1 %<\/td>/);
});

Deno.test("parityPage() has one row for results of a seam that pass, that of the result nearest to the limit", () => {
  const [suite] = reportOf([0]).suites;
  const results = ([[1e-7, "isolated"], [5e-7, "chained"], [2e-7, "isolated"]] as const).map(
    ([size, mode], nth) => ({
      ...suite!.results[0]!,
      ...{ verdict: "pass" as const, mode, piece: `piece${nth}` },
      comparison: compare(
        tensor("f32", [1], Float32Array.of(size)),
        tensor("f32", [1], Float32Array.of(0)),
        TOLERANCES.float,
        0,
      ),
    }),
  );
  const { walks: _, ...report } = reportOf([0]);
  const drawn = parityPage({ ...report, suites: [{ ...suite!, results }] });
  const [, table] = /<h2 id="seams-title">(.*?)<\/table>/.exec(drawn)!;
  equal(table!.match(/<tr class="pass">/g)?.length, 1);
  match(table!, /seeded, piece1, chained and 2 more/);
  match(drawn, /<details><summary>Errors over time of 3 results that do not fail/);
});

Deno.test("parityPage() links each failure to its own section, also of names that differ in one character", () => {
  const report = reportOf([2e-3]);
  const [suite] = report.suites;
  const failed = { ...suite!.results[0]!, verdict: "fail" as const };
  const names = ["été 1", "eté 1", "ete_1", "ete-1", "ete 1"];
  const results = names.map((piece) => ({ ...failed, piece }));
  const drawn = parityPage({ ...report, suites: [{ ...suite!, results }] });
  const links = [...drawn.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
  const sections = [...drawn.matchAll(/<section class="failure" id="([^"]+)"/g)].map(([, id]) =>
    id
  );
  equal(new Set(links).size, names.length);
  equal(links, sections);
});

Deno.test("parityPage() has no chart where no seam has a time axis or an error", () => {
  const [suite] = reportOf([0, 0]).suites;
  const { profile: _, ...comparison } = suite!.results[0]!.comparison;
  const report = reportOf([0, 0]);
  ok(!parityPage(report).includes('<svg class="errors'));
  const results = [{ ...suite!.results[0]!, comparison }];
  ok(!parityPage({ ...report, suites: [{ ...suite!, results }] }).includes('<svg class="errors'));
});

Deno.test({
  name:
    "the page of a parity run fits narrow and wide windows and has no serious finding of axe-core",
  ignore: browserPath() === null,
  fn: async () => {
    const axe = await Deno.readTextFile(
      new URL("./axe.min.js", import.meta.resolve("axe-core")),
    );
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "parity.html");
      const report = reportOf([1e-7, 2e-3, 0, 1e-5]);
      const [walk] = report.walks!;
      const cells = Array.from({ length: 12 }, () => Array<number>(60).fill(1));
      const picture = { rowAxis: "bands", columnAxis: "frames", cells };
      const walks = [{ ...walk!, first: { ...walk!.first!, picture } }];
      await Deno.writeTextFile(file, parityPage({ ...report, walks }));
      await using browser = await Browser.start(browserPath()!);
      for (const scheme of ["light", "dark"] as const) {
        for (const width of [1400, 420]) {
          await browser.open(pathToFileURL(file).href, width, scheme);
          equal([await overflow(browser), await layoutShift(browser)], [0, 0]);
          equal(await overlappingLabels(browser), []);
          equal(await accessibilityFindings(browser, axe), []);
          equal(troublesOf(browser), []);
        }
      }
    });
  },
});
