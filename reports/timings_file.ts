/**
 * Reads files of timings: one JSON object a line, as `--timings-path` of this program and of all-in-one-mlx writes
 * them.
 *
 * @module
 */

import { z } from "zod";
import type { TimedStage } from "./timeline.ts";

/** Records of one call of a program. */
export interface TimedRun {
  /** Names of models in the records. */
  readonly models: readonly string[];
  /** Names of devices in the records. */
  readonly devices: readonly string[];
  /** Paths of tracks in the records. */
  readonly tracks: readonly string[];
  /** Whether all times are whole hundredths of a second, as all-in-one-mlx rounds them. */
  readonly isRounded: boolean;
  /** Records in the order of the file, on an axis that begins with the first of them. */
  readonly records: readonly TimedStage[];
}

/** A file that is not one of timings. */
export class TimingsFileError extends Error {
  /** Name of the class in printed errors. */
  override readonly name = "TimingsFileError";
}

/** Largest error of a duration from times rounded to 10 ms: three half steps. */
const ROUNDING_SECONDS = 0.0151;

/** Shortest idle time that ends a run; a longer run may be idle for as long as it has lasted. */
const IDLE_SECONDS = 10;

// The message of each field is what an error says was expected.
const time = z.number("to be seconds");
const optional = z.string("to be text").nullish().transform((text) => text ?? null);

/** A line of this program or of another one, which may lack what is not needed here. */
const lineSchema = z.object({
  stage: z.string("to be text").min(1, "to be text"),
  start: time,
  end: time,
  duration: time.optional(),
  track: optional,
  model: optional,
  device: optional,
});

type Line = z.infer<typeof lineSchema>;

/**
 * Reads a file of timings, to which any number of runs were appended.
 *
 * A new run begins where time goes back: a stage begins again before its end, or a record ends before the start of all
 * others. A new run also begins after an idle time that is longer than 10 s and longer than the run. Several tracks
 * that were computed as one batch share their times and belong to one run.
 *
 * @param text lines of JSON; blank lines are ignored
 * @returns the runs in the order of the file
 * @throws {TimingsFileError} if there is no record, or a line is not a record; the error has the number of the line
 */
export function readTimings(text: string): TimedRun[] {
  const lines = text.split(/\r?\n/).flatMap((line, nth) =>
    line.trim() === "" ? [] : [parsedLine(line, nth + 1)]
  );
  if (lines.length === 0) {
    throw new TimingsFileError(
      "Reading timings: expected a JSON object on each line, but there is none; " +
        "write records with analyze --timings-path FILE",
    );
  }
  const runs: Line[][] = [];
  for (const line of lines) {
    const run = runs.at(-1);
    if (run === undefined || isNewRun(line, run)) runs.push([line]);
    else run.push(line);
  }
  return runs.map(timedRun);
}

function parsedLine(line: string, number: number): Line {
  const fail = (expected: string, came: unknown): never => {
    const text = JSON.stringify(came) ?? "nothing";
    throw new TimingsFileError(
      `Reading timings, line ${number}: expected ${expected}, but got ${text.slice(0, 80)}; ` +
        "correct or remove the line",
    );
  };
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return fail("a JSON object", line);
  }
  const { data, error } = lineSchema.safeParse(record);
  if (error !== undefined) {
    const { path: [field], message } = error.issues[0]!;
    if (field === undefined) return fail("a JSON object", record);
    return fail(`${String(field)} ${message}`, (record as Record<PropertyKey, unknown>)[field]);
  }
  const { start, end, duration } = data;
  if (end < start) return fail(`end not to be before start, ${start}`, end);
  if (duration !== undefined && Math.abs(duration - (end - start)) > ROUNDING_SECONDS) {
    return fail(`duration to be end minus start, ${end - start}`, duration);
  }
  return data;
}

function isNewRun({ stage, start, end, track }: Line, run: readonly Line[]): boolean {
  const first = Math.min(...run.map((line) => line.start));
  const last = Math.max(...run.map((line) => line.end));
  if (end < first - ROUNDING_SECONDS) return true;
  if (start - last > Math.max(IDLE_SECONDS, last - first)) return true;
  return run.some((line) => {
    if (line.stage !== stage) return false;
    const isSame = line.start === start && line.end === end;
    // A batch has the same times for each of its tracks.
    return isSame ? line.track === track : start < line.end - ROUNDING_SECONDS;
  });
}

function timedRun(lines: readonly Line[]): TimedRun {
  const first = Math.min(...lines.map(({ start }) => start));
  const named = (field: "track" | "model" | "device"): string[] => [
    ...new Set(lines.flatMap((line) => line[field] ?? [])),
  ];
  const isHundredths = (time: number): boolean =>
    Math.abs(time * 100 - Math.round(time * 100)) < 1e-6;
  return {
    models: named("model"),
    devices: named("device"),
    tracks: named("track"),
    isRounded: lines.every(({ start, end }) => isHundredths(start) && isHundredths(end)),
    records: lines.map(({ stage, start, end, track }) => ({
      stage,
      start: start - first,
      end: end - first,
      track,
    })),
  };
}
