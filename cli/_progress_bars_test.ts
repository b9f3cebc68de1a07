import { deepStrictEqual as equal } from "node:assert/strict";
import { barLines, ProgressBars } from "./_progress_bars.ts";

const progress = { stage: "demix", done: 1, total: 2, fraction: 0.5 };

Deno.test("barLines() has a bar for each track with its stage, and one for all with the time left", () => {
  const state = { running: [{ name: "a\x1b[2J.mp3", progress }], done: 1, failed: 1 };
  equal(barLines({ ...state, total: 10, seconds: 10 }, 80), [
    "██████████░░░░░░░░░░  50 %  demix        a\\x1b[2J.mp3",
    "█████░░░░░░░░░░░░░░░  25 %  2 of 10 tracks, 1 failed, 0:30 left",
  ]);
});

Deno.test("barLines() has no bar for all where there is one track, and cuts lines to the width", () => {
  const state = { running: [{ name: "x".repeat(100), progress }], done: 0, failed: 0 };
  const [line, ...more] = barLines({ ...state, total: 1, seconds: 1 }, 60);
  equal([line?.length, more], [59, []]);
});

Deno.test("barLines() tells no time left before there is something to tell it from", () => {
  const state = { running: [], done: 0, failed: 0, total: 3, seconds: 5 };
  equal(barLines(state, 80), ["░░░░░░░░░░░░░░░░░░░░   0 %  0 of 3 tracks"]);
  const [line] = barLines({ ...state, done: 1, total: 1001, seconds: 3.6 }, 80);
  equal(line, "░░░░░░░░░░░░░░░░░░░░   0 %  1 of 1001 tracks");
  equal(
    barLines({ ...state, done: 1, total: 100, seconds: 100 }, 80),
    ["░░░░░░░░░░░░░░░░░░░░   1 %  1 of 100 tracks, 2:45:00 left"],
  );
});

Deno.test("ProgressBars only prints messages where stderr is no terminal", async () => {
  const bars = await ProgressBars.begin(2);
  bars.show(1, "a", progress);
  const printed: string[] = [];
  bars.above(() => printed.push("message"));
  bars.end(1, "failed");
  bars.close();
  equal(printed, ["message"]);
});
