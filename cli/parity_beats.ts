/**
 * `parity beats`: two results of one track, compared as musicians see them.
 *
 * @module
 */

import {
  type EventDifferences,
  isSame,
  type ResultDifferences,
  resultDifferences,
} from "../evaluation/differences.ts";
import { readAnnotation } from "../evaluation/read_annotation.ts";
import { type Measure, MEASURES } from "../evaluation/scores.ts";
import { writeWhole } from "../core/files.ts";
import { parsedArgs } from "./parsed_args.ts";
import { twoPaths } from "./two_paths.ts";
import { ensureFile } from "./writable.ts";

const HELP = `Usage: deno task parity beats EXPECTED ACTUAL [options]

Compares two results of one track, JSON as analyze (or allin1) writes it, or JAMS: which beats and
downbeats are the same, which moved (within 70 ms), which are missing or inserted; by how many beats
the bars are off; boundaries (within half a second) and labels of segments; and mir_eval's measures,
with EXPECTED as the truth.

      --export-json FILE  also write all differences as JSON
  -h, --help              print this

Exit codes: 0 the results are the same, 1 they differ, 2 the call was wrong or could not run`;

const OPTIONS = {
  "export-json": { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** So many times are listed of each kind; JSON has them all. */
const LISTED = 8;

/**
 * Runs the command.
 *
 * @param args what follows `parity beats`
 * @returns the exit code: 0, or 1 where the results differ
 * @throws {UsageError | AnnotationError} if the call is wrong or a file cannot be used
 */
export async function parityBeats(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsedArgs("parity beats", {
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [expected, actual] = twoPaths("parity beats", "results", positionals);
  const file = values["export-json"];
  if (file !== undefined) await ensureFile(file, "--export-json");
  const differences = resultDifferences(
    await readAnnotation(expected),
    await readAnnotation(actual),
  );
  console.log(differencesText(differences));
  if (file !== undefined) {
    const report = { format: 1, expected, actual, ...differences };
    await writeWhole(file, JSON.stringify(report, null, 2) + "\n");
  }
  return isSame(differences) ? 0 : 1;
}

function differencesText(differences: ResultDifferences): string {
  const { bpm, beats, downbeats, downbeatPhase, boundaries, sameLabel, scores } = differences;
  const measures = Object.entries(MEASURES).flatMap(([measure, heading]) => {
    const score = scores[measure as Measure];
    return score === null ? [] : [`${heading} ${score.toFixed(3)}`];
  });
  return [
    `tempo       ${bpm.expected ?? "none"}, then ${bpm.actual ?? "none"}`,
    ...events("beats", beats),
    ...(downbeats === null ? [] : events("downbeats", downbeats)),
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
