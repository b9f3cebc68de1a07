/** The page of a parity run, opened in a browser. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { tensor } from "../../core/tensor.ts";
import { Browser, browserPath, type PageEvent } from "../../tests/support/browser.ts";
import { accessibilityFindings, layoutShift, overflow } from "../../tests/support/report_page.ts";
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

Deno.test("parityPage() lists failures, the walk and its heat map, and escapes names", () => {
  match(page, /<li>seeded, three_four, isolated, logits\.beat: 2 of 4 elements/);
  match(page, /First wrong: norm &lt;b><\/strong> \[2, 2\], computed from embedded/);
  match(page, /Worst at \[0, 1\]: 2, expected 3/);
  const [body] = page.split("<script");
  ok(!body!.includes("\\n"), "no escape sequence is left in the text");
  // Of four cells, one was not compared and one has no error.
  equal(page.match(/<rect /g)?.length, 2);
  ok(!parityPage(reportOf([1], "<script>alert(1)</script>")).includes("<script>alert"));
});

Deno.test("parityPage() has no chart where no seam has a time axis or an error", () => {
  const [suite] = reportOf([0, 0]).suites;
  const { profile: _, ...comparison } = suite!.results[0]!.comparison;
  const report = reportOf([0, 0]);
  ok(!parityPage(report).includes("<canvas"));
  const results = [{ ...suite!.results[0]!, comparison }];
  ok(!parityPage({ ...report, suites: [{ ...suite!, results }] }).includes("<canvas"));
});

Deno.test({
  name: "the page of a parity run draws its charts in a browser, from a file, without an error",
  ignore: browserPath() === null,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "parity.html");
      await Deno.writeTextFile(file, page);
      await using browser = await Browser.start(browserPath()!);
      for (const scheme of ["light", "dark"] as const) {
        await browser.open(pathToFileURL(file).href, 1200, scheme);
        equal(troublesOf(browser), []);
        const lines = await browser.evaluate<unknown>(
          "Chart.getChart('errors-0').data.datasets.map(({ label, data }) => [label, data.map(({ y }) => y)])",
        );
        equal(lines, [["logits.beat", [1e-7, 2e-3, null, 1e-5].map((y) => y && Math.fround(y))]]);
        const painted = await browser.evaluate<number>(`(() => {
          const canvas = document.getElementById("errors-0");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.filter((value, at) => at % 4 === 3 && value > 0).length;
        })()`);
        ok(painted > 1000, `${painted} pixels are painted`);
        const cells = await browser.evaluate<number>(
          "document.querySelectorAll('svg.heat rect').length",
        );
        equal(cells, 2);
        const overflow = await browser.evaluate<number>(
          "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        equal(overflow, 0);
      }
    });
  },
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
        for (const width of [1400, 400]) {
          await browser.open(pathToFileURL(file).href, width, scheme);
          equal(await accessibilityFindings(browser, axe), []);
          equal([await overflow(browser), await layoutShift(browser)], [0, 0]);
        }
      }
    });
  },
});

Deno.test({
  name: "the browser reports a script that fails",
  ignore: browserPath() === null,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "parity.html");
      await Deno.writeTextFile(file, page.replace('id="errors-0"', 'id="lost"'));
      await using browser = await Browser.start(browserPath()!);
      await browser.open(pathToFileURL(file).href, 1200);
      ok(troublesOf(browser).length > 0);
    });
  },
});
