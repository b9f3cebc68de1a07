import { deepStrictEqual as equal } from "node:assert/strict";
import { meanScores } from "../evaluation/scores.ts";
import { tunesTable } from "./tunes_table.ts";

Deno.test("tunesTable() has a row for each tune, in order, with a dash where a system has no score", () => {
  const none = meanScores([]);
  const scores = (value: number) => ({ ...none, beat_f: value, amlt: 0.5, downbeat_f: value / 2 });
  const systems = [
    {
      name: "a/x",
      tracks: [{ track: "waltz", scores: scores(1) }, { track: "aria", scores: scores(0.75) }],
    },
    { name: "b/x", tracks: [{ track: "march", scores: none }] },
  ];
  const rows = tunesTable(systems).map((line) => line.split("|").slice(1, -1).map((c) => c.trim()));
  equal(rows[0], ["tune", "a/x", "b/x"]);
  equal(rows.slice(2), [
    ["aria", "0.75 / 0.50 / 0.38", "- / - / -"],
    ["march", "- / - / -", "- / - / -"],
    ["waltz", "1.00 / 0.50 / 0.50", "- / - / -"],
    ["mean", "0.875 / 0.500 / 0.438", "- / - / -"],
  ]);
});
