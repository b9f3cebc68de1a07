import { deepStrictEqual as equal, match } from "node:assert/strict";
import { meanScores } from "../evaluation/scores.ts";
import { gainTable } from "./system_gain_table.ts";

const NO_SCORES = meanScores([]);

function system(
  name: string,
  scores: readonly (number | null)[],
): Parameters<typeof gainTable>[0][0] {
  const tracks = scores.map((score, track) => ({
    track: String(track),
    scores: { ...NO_SCORES, beat_f: score, amlt: 0.5, downbeat_f: score },
  }));
  return { name, tracks, failures: [] };
}

Deno.test("gainTable() compares the tracks in pairs with the same model of the other demixer", () => {
  const systems = [
    system("a/x", [0, 0.5, 1, null]),
    system("b/x", [0.25, 0.75, 1.25, 1]),
    system("b/y", [1, 1, 1, 1]),
  ];
  const [, , base = "", better = "", alone = ""] = gainTable(systems, "a");
  match(base, /a\/x .* 0\.500 .* 0\.500 .* 0\.500 /);
  // The gain is the same on each track, so the interval is one point; the track without a pair only counts in the mean.
  match(better, /0\.813, \+0\.250 \(\+0\.250 to \+0\.250\) .* 0\.500, \+0\.000 \(\+0\.000 to/);
  match(alone, /b\/y +\| 4 +\| 1\.000 +\|/);
});

Deno.test("gainTable() gives an interval around the mean difference, and the number of failures", () => {
  const changes = [-0.1, 0.3, 0, 0.2, 0.1, -0.2, 0.4, 0.1];
  const worse = {
    ...system("b/x", changes.map((change) => 0.5 + change)),
    failures: [{ track: "8", reason: "no audio" }],
  };
  const [, , , row = ""] = gainTable([system("a/x", changes.map(() => 0.5)), worse], "a");
  const [, tracks, difference, low, high] =
    /\| (8 of 9) +\| 0\.600, ([+−][\d.]+) \(([+−][\d.]+) to ([+−][\d.]+)\)/.exec(row) ?? [];
  equal([tracks, difference], ["8 of 9", "+0.100"]);
  match(low ?? "", /^−0\.0[0-4]/);
  match(high ?? "", /^\+0\.2[0-4]/);
});
