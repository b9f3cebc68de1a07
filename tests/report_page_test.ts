import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { measurementsCsv } from "../reports/render/exports.ts";
import { reportDocument } from "../reports/report_document.ts";
import { reportPage } from "../reports/render/page.tsx";
import { timingsPage } from "../reports/render/timings_page.tsx";
import { exampleReport } from "../reports/testdata/example.ts";
import { readTimings } from "../reports/timings_file.ts";
import { until } from "./support/deadline.ts";
import { type Browser, browserTest } from "./support/browser.ts";
import {
  accessibilityFindings,
  blankCanvases,
  layoutShift,
  overflow,
  problems,
  wrongFigures,
} from "./support/report_page.ts";

const REPORT = exampleReport({ days: 40 });
const PAGE = reportPage(REPORT);
const AXE = readFileSync(new URL("./axe.min.js", import.meta.resolve("axe-core")), "utf8");

/** Declares a test of the report, or of another page. */
function pageTest(
  name: string,
  test: (browser: Browser, url: string) => Promise<void>,
  page = PAGE,
): void {
  browserTest(name, () => page, test);
}

pageTest(
  "reportPage() draws all charts without messages and without a network",
  async (browser, url) => {
    for (const width of [1400, 400]) {
      await browser.open(url, width);
      equal(await browser.evaluate("document.querySelectorAll('canvas').length"), 2);
      equal(await blankCanvases(browser), []);
      equal(problems(browser), []);
      equal(await layoutShift(browser), 0);
      equal(await overflow(browser), 0);
    }
  },
);

pageTest("reportPage() shows the figures of its embedded data", async (browser, url) => {
  await browser.open(url, 1400);
  ok(await browser.evaluate<number>("document.querySelectorAll('[data-of]').length") > 200);
  equal(await wrongFigures(browser), []);
});

pageTest("reportPage() has no serious finding of axe-core", async (browser, url) => {
  for (const scheme of ["light", "dark"] as const) {
    for (const width of [1400, 400]) {
      await browser.open(url, width, scheme);
      await browser.evaluate("document.querySelectorAll('details').forEach((e) => e.open = true)");
      equal(await accessibilityFindings(browser, AXE), []);
    }
  }
});

pageTest("reportPage() is usable with the keyboard alone", async (browser, url) => {
  await browser.open(url, 1400);
  const drawn = "document.querySelector('#history-chart').getAttribute('aria-label')";
  const reached: string[] = [];
  for (let press = 0; press < 30; press++) {
    await browser.press("Tab");
    const id = await browser.evaluate<string>("document.activeElement.id");
    if (id === "history-stage") {
      const before = await browser.evaluate(drawn);
      await browser.press("ArrowDown");
      ok(before !== await browser.evaluate(drawn), "The chosen stage is not drawn");
      equal(await blankCanvases(browser), []);
    }
    if (id !== "") reached.push(id);
  }
  for (const id of ["history-stage", "download-json", "download-csv", "download-history"]) {
    ok(reached.includes(id), `${id} cannot be reached, only ${reached.join(", ")}`);
  }
});

Deno.test("reportPage() shows the history of a slower stage first, otherwise that of the largest change point", () => {
  const { decision } = REPORT;
  const chosen = (page: string): string | undefined =>
    /<option[^>]*selected[^>]*>([^<]*)</.exec(page)?.[1]?.split(", ").slice(0, 2).join(", ");
  const quiet = REPORT.stages.map((stage) => ({ ...stage, verdict: "same" as const }));
  const change = { ...decision!.steps[0]!, stage: "decode", ratio: 0.2 };
  const slower = REPORT.stages.map((stage) =>
    stage.stage === "spectrogram" ? { ...stage, verdict: "slower" as const } : stage
  );
  const changes = [...decision!.steps, change].map((one) => ({ ...one, isAlert: false }));
  const page = (stages: typeof REPORT.stages, some: typeof changes): string =>
    reportPage({ ...REPORT, stages, decision: { ...decision!, steps: some } });
  match(chosen(page(slower, changes))!, /: spectrogram$/);
  match(chosen(page(quiet, changes))!, new RegExp(`^${change.variant}: decode`));
  match(page(quiet, changes), new RegExp(`${change.variant}: decode, 1 change point<`));
  match(chosen(page(quiet, []))!, /: total$/);
});

pageTest("reportPage() offers the run as JSON and as CSV", async (browser, url) => {
  await browser.call("Page.setBypassCSP", { enabled: true });
  await browser.open(url, 1400);
  const read = (id: string): Promise<string> =>
    browser.evaluate(`new Promise((done) => {
      const request = new XMLHttpRequest();
      request.onload = () => done(request.responseText);
      request.onerror = () => done("It cannot be read");
      request.open("GET", document.getElementById("${id}").href);
      request.send();
    })`);
  const { run, decision } = REPORT;
  equal(JSON.parse(await read("download-json")), reportDocument(run, decision));
  equal(await read("download-csv"), measurementsCsv(run));
});

pageTest("reportPage() fills the table of runs when it is opened", async (browser, url) => {
  await browser.open(url, 1400);
  await browser.evaluate("document.getElementById('history-details').open = true");
  const rowCount = "document.querySelectorAll('#history-table tbody tr').length";
  await until("a row of the table", async () => await browser.evaluate<number>(rowCount) > 0);
  const rows = await browser.evaluate<string[][]>(
    "[...document.querySelectorAll('#history-table tbody tr')]" +
      ".map((row) => [...row.cells].map((cell) => cell.textContent))",
  );
  const median = ({ stages }: typeof REPORT.history[number]): number =>
    stages.find(({ variant, stage }) => variant === "native, 2 threads" && stage === "network")!
      .median;
  equal(
    rows.map(([date, median]) => [date, median]),
    REPORT.history.map((run) => [
      run.startedAt.slice(0, 10),
      String(Number(Number(median(run).toPrecision(5)).toPrecision(4))),
    ]).toReversed(),
  );
});

const BROKEN = PAGE
  .replace(/(data-of="stages\.3\.median"[^>]*>)[^<]+/, "$1999.999")
  .replace(/(data-of="stages\.4\.ratio"[^>]*>)</, (_, cell) => `${cell}1.000<`)
  .replace(
    "<main>",
    '<main><img src="http://127.0.0.1:9/picture.png" alt="None">' +
      '<p style="color:#eee;background:#fff">Pale</p><div style="width:3000px">Wide</div>',
  )
  .replace(
    "</body>",
    '<canvas id="empty"></canvas><script>console.error("Broken");' +
      'setTimeout(() => document.body.prepend("Late"), 100)</script></body>',
  )
  .replace(/<meta[^>]*http-equiv[^>]*>/, "");

pageTest("the checks of a page detect a broken page", async (browser, url) => {
  await browser.open(url, 400);
  equal(await blankCanvases(browser), ["empty"]);
  equal((await wrongFigures(browser)).map((text) => text.split(" ")[0]), [
    "stages.3.median",
    "stages.4.ratio",
  ]);
  await until("a layout shift", async () => await layoutShift(browser) > 0);
  ok(await overflow(browser) > 0);
  const said = problems(browser).join("\n");
  match(said, /Broken/);
  match(said, /It requests http:\/\/127\.0\.0\.1:9\/picture\.png/);
  match((await accessibilityFindings(browser, AXE)).join("\n"), /color-contrast: .*Pale/);
}, BROKEN);

const TIMINGS = timingsPage(
  readTimings(
    [["weights", 0, 0.4], ["demix", 0.05, 9], ["postprocess", 9, 10], ["metrical_dbn", 9, 9.7]]
      .map(([stage, start, end]) => JSON.stringify({ stage, start, end, track: "a.flac" }))
      .join("\n"),
  ),
  { title: "timings.jsonl" },
);

pageTest("timingsPage() draws the bar of each stage at its times", async (browser, url) => {
  for (const scheme of ["light", "dark"] as const) {
    await browser.open(url, 400, scheme);
    equal([problems(browser), await overflow(browser)], [[], 0]);
    equal(await accessibilityFindings(browser, AXE), []);
  }
  const bars = await browser.evaluate<number[][]>(`[...document.querySelectorAll(".bars")].map(
    (row) => {
      const [all, bar] = [row, row.querySelector("rect")].map((one) => one.getBoundingClientRect());
      return [(bar.left - all.left) / all.width, bar.width / all.width];
    })`);
  const expected = [[0, 0.04], [0.005, 0.895], [0.9, 0.1], [0.9, 0.07]];
  equal(bars.length, expected.length);
  for (const [row, [left, width]] of expected.entries()) {
    // A stroke of one pixel keeps the shortest stage visible.
    ok(Math.abs(bars[row]![0]! - left!) < 0.01, `Row ${row} begins at ${bars[row]![0]}`);
    ok(Math.abs(bars[row]![1]! - width!) < 0.02, `Row ${row} is ${bars[row]![1]} wide`);
  }
}, TIMINGS);

Deno.test("reportPage() stays under 3 MB for 365 runs and refers to no other file", () => {
  const page = reportPage(exampleReport({ days: 365, rounds: 12 }));
  ok(new TextEncoder().encode(page).length < 3e6);
  const own = page.replaceAll(/<script>[^]*?<\/script>/g, "");
  equal(own.match(/(?:src|href)="(?!data:|#)[^"]*"/g), null);
});
