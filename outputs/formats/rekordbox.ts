/**
 * A collection of tracks as Rekordbox XML.
 *
 * @module
 */

import { PROGRAM } from "../../core/program.ts";
import type { FormatResult } from "./format_result.ts";
import { constantParts, djBeats } from "./beat_grid.ts";
import { durationOf, isWhole, titleOf } from "./track_facts.ts";
import { xmlAttribute } from "./xml.ts";

/** Largest drift in seconds of a constant tempo, which has two decimals. */
const STEADY_TOLERANCE = 0.005;

/** Largest difference in seconds between a beat and the grid where the tempo moves: a frame of the decoder. */
const MOVING_TOLERANCE = 0.01;

/** Rekordbox has the hot cues A to H. */
const HOT_CUES = 8;

/** Number of a memory cue. */
const MEMORY_CUE = -1;

/** Labels of the silence around the music, which need no hot cue. */
const AROUND = ["start", "end"];

type Attributes = Readonly<Record<string, string | number>>;

/**
 * Encodes a collection with the beat grid of each track, a memory cue at each segment and hot cues at the first eight segments of
 * music. A playlist holds all tracks.
 *
 * @param results analyses in the order of the collection
 * @param program name and version of the program that made them
 *
 * Source: AlphaTheta, "rekordbox xml format list" (https://rekordbox.com/en/support/developer/).
 */
export function encodeRekordbox(
  results: readonly FormatResult[],
  program: string = PROGRAM,
): string {
  const [name = "", version = ""] = program.split(" ");
  const tracks = results.flatMap((result, at) => trackElement(result, at + 1));
  const entries = results.map((_, at) => element("TRACK", { Key: at + 1 }, 4));
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<DJ_PLAYLISTS Version="1.0.0">',
    element("PRODUCT", { Name: name, Version: version, Company: "" }, 1),
    ...nested("COLLECTION", { Entries: results.length }, tracks, 1),
    ...nested("PLAYLISTS", {}, [
      ...nested("NODE", { Type: 0, Name: "ROOT", Count: 1 }, [
        ...nested(
          "NODE",
          { Name: name, Type: 1, KeyType: 0, Entries: results.length },
          entries,
          3,
        ),
      ], 2),
    ], 1),
    "</DJ_PLAYLISTS>",
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function trackElement(result: FormatResult, id: number): string[] {
  const grid = gridOf(result);
  const rate = result.provenance?.mix?.sample_rate;
  const attributes: Attributes = {
    TrackID: id,
    Name: titleOf(result),
    // The length of a track of which a part was analysed is not known.
    ...(isWhole(result) && { TotalTime: Math.round(durationOf(result)) }),
    ...(result.tempo && { AverageBpm: result.tempo.bpm.toFixed(2) }),
    ...(rate !== undefined && { SampleRate: rate }),
    Location: locationOf(result.path),
  };
  const marks = [
    ...grid.map((tempo) => element("TEMPO", tempo, 3)),
    ...cuesOf(result).map((cue) => element("POSITION_MARK", cue, 3)),
  ];
  return nested("TRACK", attributes, marks, 2);
}

/** Returns the parts of the grid. The first begins at the first downbeat, and Rekordbox continues it towards the start. */
function gridOf(result: FormatResult): Attributes[] {
  const { beats, isSteady } = djBeats(result);
  const metre = result.metre?.beats_per_bar ?? 4;
  const tolerance = isSteady ? STEADY_TOLERANCE : MOVING_TOLERANCE;
  const parts = constantParts(beats, tolerance, (bpm) => Math.round(bpm * 100) / 100);
  return parts.map(({ start, bpm }) => ({
    Inizio: Math.max(0, start.seconds).toFixed(3),
    Bpm: bpm.toFixed(2),
    Metro: `${metre}/4`,
    Battito: start.position,
  }));
}

function cuesOf({ segments }: FormatResult): Attributes[] {
  const cue = (start: number, label: string, number: number): Attributes => ({
    ...{ Name: label, Type: 0, Start: start.toFixed(3), Num: number },
  });
  const music = segments.filter(({ label }) => !AROUND.includes(label));
  return [
    ...segments.map(({ start, label }) => cue(start, label, MEMORY_CUE)),
    ...music.slice(0, HOT_CUES).map(({ start, label }, number) => cue(start, label, number)),
  ];
}

/** Returns the URL of a file as Rekordbox writes it, `file://localhost/…`. */
function locationOf(path: string): string {
  const parts = path.toWellFormed().replaceAll("\\", "/").replace(/^\//, "").split("/");
  const encoded = parts.map((part, at) =>
    // The drive of a Windows path keeps its colon.
    at === 0 && /^[A-Za-z]:$/.test(part) ? part : encodeURIComponent(part)
  );
  return `file://localhost/${encoded.join("/")}`;
}

function element(name: string, attributes: Attributes, depth: number): string {
  return `${indent(depth)}<${tagOf(name, attributes)}/>`;
}

function nested(
  name: string,
  attributes: Attributes,
  content: readonly string[],
  depth: number,
): string[] {
  return [`${indent(depth)}<${tagOf(name, attributes)}>`, ...content, `${indent(depth)}</${name}>`];
}

function tagOf(name: string, attributes: Attributes): string {
  const texts = Object.entries(attributes).map(([key, value]) =>
    ` ${key}="${xmlAttribute(String(value))}"`
  );
  return name + texts.join("");
}

function indent(depth: number): string {
  return "  ".repeat(depth);
}
