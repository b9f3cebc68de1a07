/**
 * Formats of other programs that a result is written in.
 *
 * The table names each format once: its files, what they hold, and the source of its specification. An encoder is loaded when it
 * is used, so that the command line reads the names at no cost.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { FORMATS } from "./mod.ts";
 * ok(FORMATS.midi.files[0].ending === ".mid");
 * ```
 *
 * @module
 */

import type { AudioOptions } from "../../pipeline/audio_files.ts";
import type { FormatResult } from "./format_result.ts";

export type { FormatResult } from "./format_result.ts";

/** Content of a file, or its parts in order. */
export type Content = string | Uint8Array | Iterable<Uint8Array>;

/** A file of a track. */
export interface FormatFile {
  /** Ending that follows the name of the track. */
  readonly ending: string;
  /** Returns the content of the file. */
  encode(result: FormatResult, audio: AudioOptions): Promise<Content>;
}

/** One file for all tracks of a call. */
export interface CollectionFile {
  /** Name of the file. */
  readonly name: string;
  /** Returns the content of the file. */
  encode(results: readonly FormatResult[]): Promise<Content>;
}

/** A format. */
export interface Format {
  /** What its files hold, for the documentation. */
  readonly description: string;
  /** Specification that the encoder follows. */
  readonly source: string;
  /** Files of each track. */
  readonly files: readonly FormatFile[];
  /** File of all tracks. */
  readonly collection?: CollectionFile;
}

/** Every format by its name. */
export const FORMATS = {
  json: {
    description: "allin1's keys and values, and `provenance`; always written, as the first file",
    source: "allin1 1.1.0",
    files: [],
  },
  beats: {
    description: "time, tab, position in the bar; one beat a line, without a heading",
    source: "Beat This!, `save_beat_tsv`; Sonic Visualiser, time instants layer",
    files: [{
      ending: ".beats",
      encode: async (result) => (await import("./text_files.ts")).encodeBeats(result),
    }],
  },
  csv: {
    description: "columns `time`, `position`; columns `start`, `end`, `label`",
    source: "RFC 4180, lines end with LF",
    files: [{
      ending: ".beats.csv",
      encode: async (result) => (await import("./text_files.ts")).encodeBeatsCsv(result),
    }, {
      ending: ".segments.csv",
      encode: async (result) => (await import("./text_files.ts")).encodeSegmentsCsv(result),
    }],
  },
  tsv: {
    description: "the same, separated by tabs",
    source: "IANA, `text/tab-separated-values`",
    files: [{
      ending: ".beats.tsv",
      encode: async (result) => (await import("./text_files.ts")).encodeBeatsTsv(result),
    }, {
      ending: ".segments.tsv",
      encode: async (result) => (await import("./text_files.ts")).encodeSegmentsTsv(result),
    }],
  },
  audacity: {
    description: "label tracks: beats as points with the position in the bar, segments as regions",
    source: 'Audacity manual, "Importing and Exporting Labels"',
    files: [{
      ending: ".beats.txt",
      encode: async (result) => (await import("./text_files.ts")).encodeAudacityBeats(result),
    }, {
      ending: ".segments.txt",
      encode: async (result) => (await import("./text_files.ts")).encodeAudacitySegments(result),
    }],
  },
  jams: {
    description: "`beat`, `segment_open`, `segment_salami_function` and `tempo`",
    source: "JAMS 0.3.5, its schemas",
    files: [{
      ending: ".jams",
      encode: async (result) => (await import("./jams.ts")).encodeJams(result),
    }],
  },
  lab: {
    description: "start, end and label of each segment, separated by tabs",
    source: "mir_eval, `io.load_labeled_intervals`",
    files: [{
      ending: ".lab",
      encode: async (result) => (await import("./text_files.ts")).encodeLab(result),
    }],
  },
  rekordbox: {
    description: "beat grid, memory cues and hot cues of all tracks of the call",
    source: 'AlphaTheta, "rekordbox xml format list"',
    files: [],
    collection: {
      name: "tactus.rekordbox.xml",
      encode: async (results) => (await import("./rekordbox.ts")).encodeRekordbox(results),
    },
  },
  midi: {
    description: "tempi, time signatures and a marker for each segment; the beats as notes",
    source: 'MIDI Manufacturers Association, "Standard MIDI Files 1.0", format 1',
    files: [{
      ending: ".mid",
      encode: async (result) => (await import("./midi.ts")).encodeMidi(result),
    }],
  },
  reaper: {
    description: "project with tempo envelope, a region for each segment, and the audio file",
    source: 'ReaTeam, "State Chunk Definitions"',
    files: [{
      ending: ".rpp",
      encode: async (result) => (await import("./reaper.ts")).encodeReaper(result),
    }],
  },
  "wav-cues": {
    description: "copy of the audio: a region for each segment, a cue point for each downbeat",
    source: 'Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0"',
    files: [{
      ending: ".cues.wav",
      encode: async (result, audio) => (await import("./wav_cues.ts")).encodeWavCues(result, audio),
    }],
  },
} as const satisfies Readonly<Record<string, Format>>;

/** The name of a format. */
export type FormatName = keyof typeof FORMATS;

/** Names of all formats. */
export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[];
