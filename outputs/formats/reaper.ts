/**
 * A Reaper project with tempo map, regions and the track itself.
 *
 * @module
 */

import { extname } from "node:path";
import type { FormatResult } from "./format_result.ts";
import { AUDIO_ENDING } from "../../pipeline/find_stems.ts";
import { mappedBeats, type Signature, type Tempo, tempoMap } from "./beat_grid.ts";
import { durationOf, titleOf } from "./track_facts.ts";

/** Types of sources by the endings of their files; Reaper's video decoder reads the others. */
const SOURCES: Readonly<Record<string, string>> = {
  ...{ ".wav": "WAVE", ".wave": "WAVE", ".w64": "WAVE", ".rf64": "WAVE", ".bw64": "WAVE" },
  ...{ ".aif": "WAVE", ".aiff": "WAVE", ".flac": "FLAC", ".mp3": "MP3", ".ogg": "VORBIS" },
};

/** Shape of a point of the tempo envelope that holds until the next. */
const SQUARE = 1;

/** The point sets tempo and time signature. */
const SETS_SIGNATURE = 1;

/**
 * Encodes a project: a tempo envelope on which each beat is a quarter note, a region for each segment, and a track with the audio
 * file: of the whole file, or of the analysed part at its time in the file.
 *
 * @param result the analysis
 *
 * Source: ReaTeam, "State Chunk Definitions" (https://github.com/ReaTeam/Doc), for envelopes, tracks and items.
 */
export function encodeReaper(result: FormatResult): string {
  const map = tempoMap(mappedBeats(result).beats, { tolerance: 1e-9 });
  const [signature] = map.signatures;
  const first = map.tempi[0]!;
  const lines = [
    `<REAPER_PROJECT 0.1 ${quoted(result.provenance?.program ?? "allin1")} 0`,
    `  TEMPO ${bpmOf(first)} ${signature?.beats ?? 4} ${signature?.unit ?? 4}`,
    "  <TEMPOENVEX",
    ...["ACT 1 -1", "VIS 1 0 1", "LANEHEIGHT 0 0", "ARM 0", `DEFSHAPE ${SQUARE} -1 -1`]
      .map((line) => `    ${line}`),
    ...tempoPoints(map.tempi, map.signatures).map((point) => `    ${point}`),
    "  >",
    ...result.segments.flatMap(({ start, end, label }, at) => [
      // 1 0 1 R: a region without a colour, shown, in the ruler.
      `  MARKER ${at + 1} ${start.toFixed(12)} ${quoted(label)} 1 0 1 R`,
      `  MARKER ${at + 1} ${end.toFixed(12)} "" 1`,
    ]),
    ...(AUDIO_ENDING.test(result.path) ? trackLines(result) : []),
    ">",
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function tempoPoints(tempi: readonly Tempo[], signatures: readonly Signature[]): string[] {
  const quarters = new Set([...tempi, ...signatures].map(({ quarter }) => quarter));
  return [...quarters].toSorted((a, b) => a - b).map((quarter) => {
    const tempo = tempi.findLast((tempo) => tempo.quarter <= quarter) ?? tempi[0]!;
    const seconds = tempo.seconds + (quarter - tempo.quarter) * tempo.secondsPerQuarter;
    const point = `PT ${seconds.toFixed(12)} ${bpmOf(tempo)} ${SQUARE}`;
    const signature = signatures.find((signature) => signature.quarter === quarter);
    if (signature === undefined) return point;
    return `${point} ${2 ** 16 * signature.unit + signature.beats} 0 ${SETS_SIGNATURE}`;
  });
}

function trackLines(result: FormatResult): string[] {
  const name = quoted(titleOf(result));
  const start = result.provenance?.part?.start ?? 0;
  const source = SOURCES[extname(result.path).toLowerCase()] ?? "VIDEO";
  return [
    "  <TRACK",
    `    NAME ${name}`,
    "    <ITEM",
    `      POSITION ${start}`,
    `      LENGTH ${durationOf(result) - start}`,
    "      LOOP 0",
    `      NAME ${name}`,
    // The item begins at this time of the file.
    ...(start === 0 ? [] : [`      SOFFS ${start}`]),
    `      <SOURCE ${source}`,
    `        FILE ${quoted(result.path)}`,
    "      >",
    "    >",
    "  >",
  ];
}

function bpmOf({ secondsPerQuarter }: Tempo): string {
  return (60 / secondsPerQuarter).toFixed(10);
}

/**
 * Returns a text in the quotes that it does not contain. Where it contains all three, its backticks become apostrophes, as in
 * Reaper. Characters that would end the line become spaces.
 */
function quoted(text: string): string {
  // deno-lint-ignore no-control-regex
  const line = text.replace(/[\x00-\x1f\x7f\x85\u2028\u2029]/g, " ");
  const quote = ['"', "'", "`"].find((quote) => !line.includes(quote));
  return quote === undefined ? `\`${line.replaceAll("`", "'")}\`` : `${quote}${line}${quote}`;
}
