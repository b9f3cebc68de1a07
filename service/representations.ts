/**
 * Representations of a result: the formats of `analyze --format`, each with a media type.
 *
 * @module
 */

import { parseAccept } from "hono/utils/accept";
import { type Content, type Format, type FormatResult, FORMATS } from "../outputs/formats/mod.ts";

/** A representation of a result. */
export interface Representation {
  /** Name for the query parameter `format`: the ending of the file. */
  readonly name: string;
  /** Media type, with parameters where several representations share one. */
  readonly type: string;
  /** What it holds. */
  readonly description: string;
  /** Whether it is made from the audio. */
  readonly needsAudio: boolean;
  /** Makes the content. */
  encode(result: FormatResult): Promise<Content>;
}

/** Media types by the endings of the files. */
const TYPES: Readonly<Record<string, string>> = {
  ".beats": "text/vnd.tactus.beats",
  ".beats.csv": "text/csv;table=beats",
  ".segments.csv": "text/csv;table=segments",
  ".beats.tsv": "text/tab-separated-values;table=beats",
  ".segments.tsv": "text/tab-separated-values;table=segments",
  ".beats.txt": "text/vnd.audacity.labels;table=beats",
  ".segments.txt": "text/vnd.audacity.labels;table=segments",
  ".jams": "application/vnd.jams+json",
  ".lab": "text/vnd.mirex.lab",
  ".mid": "audio/midi",
  ".rpp": "text/vnd.reaper.project",
  ".cues.wav": "audio/wav",
  ".rekordbox.xml": "application/xml",
};

/** Media type of the result as `analyze` writes it. */
export const RESULT_TYPE = "application/vnd.tactus.result+json";

/** Media type of an analysis. */
export const ANALYSIS_TYPE = "application/json";

/** The result as `analyze` writes it. */
const RESULT: Representation = {
  name: "json",
  type: RESULT_TYPE,
  description: "the result as `analyze` writes it",
  needsAudio: false,
  encode: () => Promise.reject(new Error("The result is stored as it is")),
};

/** All representations of a result, in the order of preference. */
export const REPRESENTATIONS: readonly Representation[] = [
  RESULT,
  ...Object.values<Format>(FORMATS).flatMap(({ files, collection, description }) => [
    ...files.map(({ ending, encode }): Representation => ({
      ...named(ending, description),
      encode: (result) => encode(result, { ffmpeg: false }),
    })),
    ...(collection === undefined ? [] : [{
      ...named(collection.name.replace(/^[^.]*/, ""), description),
      encode: (result: FormatResult): Promise<Content> => collection.encode([result]),
    }]),
  ]),
];

function named(ending: string, description: string): Omit<Representation, "encode"> {
  const type = TYPES[ending];
  if (type === undefined) throw new Error(`The files ${ending} have no media type`);
  return { name: ending.slice(1), type, description, needsAudio: ending === ".cues.wav" };
}

/** What a client asks for: the analysis, or a representation of its result. */
export type Wanted = "analysis" | Representation;

/**
 * Chooses what a client accepts best; of equal ones the analysis, then the first.
 *
 * @param accept header Accept; absent for anything
 * @returns undefined where it accepts nothing
 */
export function negotiate(accept: string | undefined): Wanted | undefined {
  const offers: readonly (readonly [string, Wanted])[] = [
    [ANALYSIS_TYPE, "analysis"],
    ...REPRESENTATIONS.map((one) => [one.type, one] as const),
  ];
  if (accept === undefined || accept.trim() === "") return "analysis";
  const ranges = parseAccept(accept).map(({ type, params, q }) => ({ type, params, q }));
  let best: { readonly quality: number; readonly wanted: Wanted } | undefined;
  for (const [type, wanted] of offers) {
    const quality = qualityOf(type, ranges);
    if (quality > (best?.quality ?? 0)) best = { quality, wanted };
  }
  return best?.wanted;
}

/** A range of media types in a header. */
interface MediaRange {
  readonly type: string;
  readonly params: Readonly<Record<string, string>>;
  readonly q: number;
}

/** Returns the quality of a type by the most specific range that matches it. */
function qualityOf(offer: string, ranges: readonly MediaRange[]): number {
  const [type = "", ...parameters] = offer.split(";");
  const own = new Map(parameters.map((one) => one.split("=") as [string, string]));
  let found = { specificity: -1, q: 0 };
  for (const { type: range, params, q } of ranges) {
    const wanted = Object.entries(params).filter(([key]) => !["q", "charset"].includes(key));
    const matches = matchesType(range.toLowerCase(), type) &&
      wanted.every(([key, value]) => own.get(key) === value.replaceAll('"', ""));
    if (!matches) continue;
    const specificity = (range === "*/*" ? 0 : range.endsWith("/*") ? 1 : 2) + wanted.length;
    if (specificity > found.specificity) found = { specificity, q };
  }
  return found.q;
}

function matchesType(range: string, type: string): boolean {
  return range === type || range === "*/*" ||
    range.endsWith("/*") && type.startsWith(range.slice(0, -1));
}
