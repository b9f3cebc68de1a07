/**
 * `parity beats`: compares two results of one track in musical terms.
 *
 * @module
 */

import { writeJson } from "../core/files.ts";
import { CALL } from "../core/program.ts";
import type {
  DifferencesDocument,
  EventDifferences,
  ResultDifferences,
} from "../evaluation/mod.ts";
import { type Command, command } from "./command.ts";
import { EXPORT_JSON } from "./_options.ts";

/** Times of each kind that are printed; the JSON has all of them. */
const LISTED = 8;

/** The command `parity beats`. */
export const parityBeats: Command = command({
  name: `${CALL} parity beats`,
  description:
    `Compares two results of one track, JSON of analyze or allin1, or JAMS. It prints the beats and downbeats that
are equal, moved (within 70 ms), missing or inserted; the positions in the bar of paired beats; the number of beats by which the bars are shifted; the boundaries
(within half a second) and the labels of the segments; and the measures of mir_eval, with the first result as the truth.`,
  arguments: { "<expected>": "first result", "<actual>": "second result" },
  options: {
    exportJson: EXPORT_JSON.help(
      "also write all figures as JSON (evaluation/result_differences.schema.json)",
    ),
  },
  exitCodes: ["the results are equal", "the results differ"],
  async run({ exportJson }, [expected = "", actual = ""]): Promise<number> {
    const { isSame, MEASURES, readAnnotation, resultDifferences } = await import(
      "../evaluation/mod.ts"
    );
    const differences = resultDifferences(
      await readAnnotation(expected),
      await readAnnotation(actual),
    );
    console.log(differencesText(differences, MEASURES));
    if (exportJson !== undefined) {
      const document: DifferencesDocument = { format: 1, expected, actual, ...differences };
      await writeJson(exportJson, document);
    }
    return isSame(differences) ? 0 : 1;
  },
});

function differencesText(
  differences: ResultDifferences,
  headings: Readonly<Record<keyof ResultDifferences["scores"], string>>,
): string {
  const { bpm, beats, downbeats, positions, downbeatPhase, boundaries, sameLabel, scores } =
    differences;
  const measures = Object.entries(headings).flatMap(([measure, heading]) => {
    const score = scores[measure as keyof typeof scores];
    return score === null ? [] : [`${heading} ${score.toFixed(3)}`];
  });
  return [
    `tempo       ${bpm.expected ?? "none"}, then ${bpm.actual ?? "none"}`,
    ...events("beats", beats),
    ...(downbeats === null ? [] : events("downbeats", downbeats)),
    ...(positions === null ? [] : [
      `positions   ${positions.same} same, ${positions.different.length} different`,
      ...listed(
        "different",
        positions.different.map((one) =>
          `${one.expected}, then ${one.actual} at ${time(one.time)}`
        ),
      ),
    ]),
    ...(downbeatPhase === null ? [] : [
      `bars        ${
        downbeatPhase.beats === 0 ? "begin together" : `begin ${downbeatPhase.beats} beats later`
      } at ${percent(downbeatPhase.share)} of the downbeats`,
    ]),
    ...(boundaries === null ? [] : events("boundaries", boundaries)),
    ...(sameLabel === null ? [] : [`labels      the same for ${percent(sameLabel)} of the time`]),
    `measures    ${measures.join(", ")}`,
  ].join("\n");
}

function events(name: string, { same, moved, missing, inserted }: EventDifferences): string[] {
  const farthest = Math.max(0, ...moved.map(({ expected, actual }) => Math.abs(actual - expected)));
  const counts = [
    `${same} same`,
    `${moved.length} moved${
      moved.length > 0 ? ` (at most ${(1000 * farthest).toFixed(0)} ms)` : ""
    }`,
    `${missing.length} missing`,
    `${inserted.length} inserted`,
  ];
  return [
    `${name.padEnd(10)}  ${counts.join(", ")}`,
    ...listed("moved", moved.map(({ expected, actual }) => `${time(expected)} to ${time(actual)}`)),
    ...listed("missing", missing.map(time)),
    ...listed("inserted", inserted.map(time)),
  ];
}

function listed(what: string, times: readonly string[]): string[] {
  if (times.length === 0) return [];
  const more = times.length > LISTED ? `, and ${times.length - LISTED} more` : "";
  return [`            ${what}: ${times.slice(0, LISTED).join(", ")}${more}`];
}

function time(seconds: number): string {
  return `${seconds.toFixed(3)} s`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
