import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { exampleTrack } from "./support/analyzed_track.ts";
import { browserTest } from "./support/browser.ts";
import { until } from "./support/deadline.ts";
import { open, pageOf, startPlayback } from "./support/player_page.ts";
import { accessibilityFindings, blankCanvases, overflow, problems } from "./support/report_page.ts";

const AXE = readFileSync(new URL("./axe.min.js", import.meta.resolve("axe-core")), "utf8");

browserTest(
  "the player page draws everything without messages, in both widths and schemes",
  () => pageOf(exampleTrack({ stemChannels: 2 })),
  async (browser, url) => {
    for (const width of [1400, 400]) {
      for (const scheme of [undefined, "dark"] as const) {
        await open(browser, url, width, scheme);
        equal(await browser.evaluate("document.querySelectorAll('canvas').length"), 6);
        equal(await blankCanvases(browser), []);
        equal(problems(browser), []);
        equal(await overflow(browser), 0);
        await browser.evaluate("document.querySelector('details').open = true");
        equal(await accessibilityFindings(browser, AXE), []);
      }
    }
  },
);

browserTest(
  "the keyboard alone moves, loops and plays",
  () => pageOf(exampleTrack({ stemChannels: 2 })),
  async (browser, url) => {
    await open(browser, url);
    const position = (): Promise<number> => browser.evaluate("player.position()");
    const press = async (keys: string, expected: number): Promise<void> => {
      for (const key of keys.split(" ")) await browser.press(key);
      const found = await position();
      ok(Math.abs(found - expected) < 0.011, `After ${keys}: ${found}, not ${expected}`);
    };
    await press("ArrowRight", 5);
    await press("]", 8);
    await press("[ [", 0.01);
    await press(".", 0.25);
    await press(". .", 1.25);
    await press(",", 0.75);
    await press(">", 2.25);
    await press("<", 0.25);
    await press("End", 12);
    await press("Home", 0);
    await press("ArrowRight l", 5);
    equal(await browser.evaluate("document.querySelector('#loop').ariaPressed"), "true");
    equal(
      await browser.evaluate("document.querySelector('[data-segment][aria-current]').title"),
      "verse, 0:04.0 to 0:08.0",
    );
    const before = await browser.evaluate("player.state.span");
    await browser.press("-");
    ok(before !== await browser.evaluate("player.state.span"));
    await startPlayback(browser);
    await browser.press(" ");
    await until("a pause", () => browser.evaluate("!player.state.engine.isPlaying"));
    // Tab reaches the controls, and Enter uses the one that has the focus.
    for (let presses = 0; presses < 40; presses++) {
      await browser.press("Tab");
      if (await browser.evaluate("document.activeElement.id === 'next'")) break;
    }
    await browser.press("Enter");
    ok(Math.abs(await position() - 8) < 0.011);
  },
);

browserTest(
  "a track without beats and segments can be played",
  () => pageOf(exampleTrack({ beats: [], segments: [], seconds: 3 })),
  async (browser, url) => {
    await open(browser, url, 400);
    for (const key of ["[", "]", ",", ">", "l"]) await browser.press(key);
    await startPlayback(browser);
    equal(problems(browser), []);
    equal(await accessibilityFindings(browser, AXE), []);
  },
);
