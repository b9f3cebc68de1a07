/**
 * Reads annotations from files: results of `analyze` and allin1, `truth.json`, and JAMS.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { z } from "zod";
import { reasonOf } from "../core/reason.ts";
import { type Annotation, AnnotationError } from "./annotation.ts";

/** Largest time that is accepted, seconds; larger values are samples or milliseconds (as in mir_eval). */
const MAX_SECONDS = 30_000;

/** Tolerated overlap of two segments, seconds: sums of starts and durations are not exact. */
const OVERLAP_SECONDS = 1e-3;

// The message of each schema is what an error says was expected.
const Time = z.number("a time in seconds").refine(
  (seconds) => Math.abs(seconds) <= MAX_SECONDS,
  `a time in seconds, at most ${MAX_SECONDS}`,
);
const Times = z.array(Time, "an array").superRefine((times, context) => {
  const at = times.findIndex((time, at) => at > 0 && time < times[at - 1]!);
  if (at > 0) expect(context, "in ascending order", `${times[at]} s follows ${times[at - 1]} s`);
});
const Position = z.int("a position in a bar").min(1, "a position in a bar, from 1");
const Label = z.string("a text");
const Tempo = z.number("a tempo in beats per minute").positive("a tempo in beats per minute");
const Segments = z.array(
  z.object({ start: Time, end: Time, label: Label }, "an object with start, end and label"),
  "an array",
).superRefine((segments, context) => {
  for (const [at, { start, end }] of segments.entries()) {
    if (start < 0 || end < start) {
      expect(context, "a span from 0 s on", `lasts from ${start} s to ${end} s`, [at]);
    }
    const before = segments[at - 1];
    if (before !== undefined && start < before.end - OVERLAP_SECONDS) {
      const found = `one starts at ${start} s and the one before it ends at ${before.end} s`;
      expect(context, "in order and without overlap", found);
    }
  }
}).transform((segments) => segments.filter(({ start, end }) => end > start));

const Result = z.object({
  beats: Times,
  downbeats: Times.nullable().default(null),
  beat_positions: z.array(Position, "an array").nullable().optional(),
  segments: Segments.nullable().default(null),
  bpm: Tempo.nullable().default(null),
}, "an object with beats");

const Anything = z.unknown().optional();
const Items = z.array(Anything, "an array");
const Jams = z.object({
  annotations: z.array(
    z.object({ namespace: z.string("a text"), data: Anything }, "an object with a namespace"),
    "an array",
  ),
}, "an object with annotations");
const Observations = z.array(
  z.object(
    { time: Anything, duration: Anything, value: Anything, confidence: Anything },
    "an object with a time",
  ),
  "an array",
);
const Columns = z.object({
  time: Items,
  duration: Items,
  value: Items,
  confidence: Items.catch([]),
}).refine(
  ({ time, duration, value }) => duration.length === time.length && value.length === time.length,
  "columns of the same length",
).transform(({ time, duration, value, confidence }) =>
  time.map((time, at) => ({
    time,
    duration: duration[at],
    value: value[at],
    confidence: confidence[at],
  }))
);
const JamsSegments = z.array(z.object({ time: Time, duration: Time, value: Label }));
const JamsTempi = z.array(z.object({ value: Tempo, confidence: Anything }));

/**
 * Reads an annotation: JAMS from a file that ends in `.jams`, otherwise the JSON of a result.
 *
 * @param path the file
 * @throws {AnnotationError} if the file cannot be read or has the wrong content; the message names the file
 */
export async function readAnnotation(path: string): Promise<Annotation> {
  const value = await readJson(path);
  try {
    return /\.jams$/i.test(path) ? jamsAnnotation(value) : resultAnnotation(value);
  } catch (error) {
    if (!(error instanceof AnnotationError)) throw error;
    throw new AnnotationError(`Cannot use ${path}: ${error.message}`, { cause: error });
  }
}

/**
 * Reads any JSON file.
 *
 * @param path the file
 * @throws {AnnotationError} if the file cannot be read or is not JSON; the message names the file
 */
export async function readJson(path: string): Promise<unknown> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new AnnotationError(`Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new AnnotationError(`Cannot use ${path}: not JSON (${reason})`, { cause });
  }
}

/**
 * Checks an annotation with the keys `beats`, `downbeats`, `beat_positions`, `segments` (`start`, `end`, `label`) and
 * `bpm`, as `analyze` and allin1 write them. All keys but `beats` may be absent or null; segments of 0 s are dropped.
 *
 * @param value content of the JSON file
 * @throws {AnnotationError} naming the key, what was expected and what was found
 */
export function resultAnnotation(value: unknown): Annotation {
  const { beats, downbeats, beat_positions: positions, segments, bpm } = checked(Result, value);
  if (positions && positions.length !== beats.length) {
    throw new AnnotationError(
      `beat_positions should have ${beats.length} values, one for each beat, but has ${positions.length}`,
    );
  }
  return { beats, downbeats, ...(positions && { positions }), segments, bpm };
}

/**
 * Checks an annotation in JAMS, the JSON Annotated Music Specification. It uses the namespaces `beat` or
 * `beat_position`, `segment_…` and `tempo`, and ignores all others.
 *
 * A beat whose value is 1 is a downbeat; if no beat has a value, the downbeats are unknown. Of several tempi the one
 * with the highest confidence counts.
 *
 * @param value content of the JSON file
 * @throws {AnnotationError} if it is not JAMS, has no beats, or has two annotations of one kind
 *
 * Source: Humphrey and others, "JAMS: A JSON Annotated Music Specification for Reproducible MIR Research", 2014.
 */
export function jamsAnnotation(value: unknown): Annotation {
  const { annotations } = checked(Jams, value);
  const beats = observations(annotations, "beats", /^beat(_position)?$/);
  if (beats === undefined) {
    const found = annotations.map(({ namespace }) => namespace).join(", ");
    throw new AnnotationError(`no annotation of beats (found ${found || "no annotation at all"})`);
  }
  const segments = observations(annotations, "segments", /^segment_/);
  const tempo = observations(annotations, "the tempo", /^tempo$/);
  return {
    ...beatsOf(beats),
    segments: segments === undefined ? null : segmentsOf(segments),
    bpm: tempo === undefined ? null : tempoOf(tempo),
  };
}

type Rows = z.infer<typeof Observations>;

/** Returns the observations of the only annotation of a kind, whether stored by rows or by columns. */
function observations(
  annotations: z.infer<typeof Jams>["annotations"],
  kind: string,
  pattern: RegExp,
): Rows | undefined {
  const found = annotations.filter(({ namespace }) => pattern.test(namespace));
  const [annotation, second] = found;
  if (annotation === undefined) return undefined;
  if (second !== undefined) {
    const names = found.map(({ namespace }) => namespace).join(", ");
    throw new AnnotationError(
      `${found.length} annotations of ${kind} (${names}): keep the one that counts`,
    );
  }
  const { namespace, data } = annotation;
  const isRows = typeof data !== "object" || data === null || Array.isArray(data);
  return checked<Rows>(isRows ? Observations : Columns, data, `data of ${namespace}`);
}

function beatsOf(rows: Rows): Pick<Annotation, "beats" | "downbeats" | "positions"> {
  const beats = checked(Times, rows.map(({ time }) => time), "beats");
  const positions = rows.map(({ value }) =>
    typeof value === "object" && value !== null && "position" in value ? value.position : value
  );
  const isKnown = positions.some((position) => typeof position === "number");
  const whole = z.array(z.int().min(1)).safeParse(positions);
  return {
    beats,
    downbeats: isKnown ? beats.filter((_, at) => positions[at] === 1) : null,
    ...(whole.success && beats.length > 0 && { positions: whole.data }),
  };
}

function segmentsOf(rows: Rows): Annotation["segments"] {
  const segments = checked(JamsSegments, rows, "segments").map(({ time, duration, value }) => ({
    start: time,
    end: time + duration,
    label: value,
  }));
  return checked(Segments, segments, "segments");
}

function tempoOf(rows: Rows): number | null {
  const tempi = checked(JamsTempi, rows, "tempo").map(({ value, confidence }) => ({
    bpm: value,
    confidence: typeof confidence === "number" ? confidence : 0,
  }));
  const [best] = tempi.sort((a, b) => b.confidence - a.confidence);
  return best?.bpm ?? null;
}

/** Adds an issue whose message says what was expected, and what was found instead. */
function expect(
  context: z.RefinementCtx,
  message: string,
  found: string,
  path: (string | number)[] = [],
): void {
  context.addIssue({ code: "custom", message, path, params: { found } });
}

/** Checks a value; the error names the place in the file, what was expected and what was found. */
function checked<Output>(schema: z.ZodType<Output>, value: unknown, root = ""): Output {
  const { data, error } = schema.safeParse(value);
  const [issue] = error?.issues ?? [];
  if (issue === undefined) return data as Output;
  const path = issue.path.reduce<string>(
    (path, key) => typeof key === "number" ? `${path}[${key}]` : `${path}.${String(key)}`,
    root,
  ).replace(/^\./, "");
  const custom = issue.code === "custom" ? issue.params?.["found"] : undefined;
  const found = custom ?? `is ${shown(valueAt(value, issue.path))}`;
  throw new AnnotationError(`${path || "the content"} should be ${issue.message}, but ${found}`);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((inner, key) => (inner as Record<PropertyKey, unknown>)[key], value);
}

/** Formats a value for a message, shortened if it is long. */
function shown(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
