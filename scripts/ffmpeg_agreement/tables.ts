/**
 * Tables of the verdicts.
 *
 * @module
 */

import type { FileResult } from "./compare_file.ts";
import { basename } from "node:path";
import { FAILURES, isAgreement, type Verdict, VERDICTS } from "./verdict.ts";

/** Names of the containers of the matrix by the beginnings of its file names. */
const CONTAINERS: Readonly<Record<string, string>> = {
  wav: "WAV",
  wav_rf64: "RF64",
  w64: "Wave64",
  aiff: "AIFF, AIFF-C",
  caf: "CAF",
  au: "AU",
  flac: "FLAC",
  mp2: "MPEG audio",
  mp3: "MPEG audio",
  ogg: "Ogg",
  spx: "Ogg",
  mka: "Matroska",
  webm: "WebM",
  m4a: "MP4",
  mp4: "MP4",
  mov: "QuickTime",
  "3gp": "3GP",
  aac: "ADTS",
  latm: "LATM",
  ac3: "AC-3",
  eac3: "E-AC-3",
  dts: "DTS",
  thd: "TrueHD",
  wma: "ASF",
  wv: "WavPack",
  tta: "True Audio",
  avi: "AVI",
  m2ts: "MPEG transport stream",
  m2ts_192: "M2TS, 192 bytes",
  sbc: "SBC",
  aptx: "aptX",
  flv: "FLV",
  gsm: "raw GSM",
  g722: "raw G.722",
  voc: "VOC",
  sox: "SoX",
  ircam: "IRCAM",
};

/**
 * Returns rows with the agreement of the files of the matrix: codecs of a container with the same reader and largest
 * difference share a row.
 */
export function agreementTable(results: readonly FileResult[]): string[][] {
  const byCodec = Map.groupBy(
    results,
    (result) => [containerOf(result), readerOf(result), result.codec].join("\n"),
  );
  const rows = [...byCodec].map(([key, files]) => {
    const [container = "", reader = "", codec = ""] = key.split("\n");
    const agreements = files.flatMap(({ agreement }) => agreement ?? []);
    const largest = Math.max(...agreements.map(({ largestDifference }) => largestDifference));
    const offsets = agreements.map(({ offsetSamples }) => offsetSamples);
    return {
      ...{ container, reader, codec, files: files.length },
      difference: agreements.length === 0 ? "" : differenceText(largest),
      offset: [...new Set(offsets)].toSorted((a, b) => a - b).join(", "),
    };
  });
  const merged = Map.groupBy(
    rows,
    (row) => [row.container, row.reader, row.difference, row.offset].join("\n"),
  );
  const order = Object.values(CONTAINERS);
  return [
    ["container", "codecs", "read", "files", "largest difference", "offset, samples"],
    ...[...merged.values()].map((group) => [
      group[0]!.container,
      group.map(({ codec }) => codec).toSorted().join(", "),
      group[0]!.reader,
      String(group.reduce((sum, { files }) => sum + files, 0)),
      group[0]!.difference,
      group[0]!.offset,
    ]).toSorted((a, b) => order.indexOf(a[0]!) - order.indexOf(b[0]!)),
  ];
}

function containerOf({ path }: FileResult): string {
  const [name = ""] = basename(path).split("-");
  return CONTAINERS[name] ?? name;
}

function readerOf({ verdict }: FileResult): string {
  if (verdict === "through ffmpeg") return "through ffmpeg";
  return isAgreement(verdict) || verdict === "other length" ? "by tactus" : verdict;
}

function differenceText(value: number): string {
  return value === 0 ? "0" : value.toExponential(0);
}

/** Returns rows with the number of files by verdict, one row for each container and codec, and a last row of sums. */
export function verdictTable(results: readonly FileResult[]): string[][] {
  const used = VERDICTS.filter((verdict) => results.some((result) => result.verdict === verdict));
  const keys = [...new Set(results.map(keyOf))].toSorted();
  const counts = (of: readonly FileResult[]): string[] => [
    String(of.length),
    ...used.map((verdict) => count(of, verdict)),
  ];
  return [
    ["container", "codec", "files", ...used],
    ...keys.map((key) => [
      ...key.split(" "),
      ...counts(results.filter((result) => keyOf(result) === key)),
    ]),
    ["all", "", ...counts(results)],
  ];
}

const keyOf = ({ container, codec }: FileResult): string => `${container} ${codec}`;

function count(results: readonly FileResult[], verdict: Verdict): string {
  const files = results.filter((result) => result.verdict === verdict).length;
  return files === 0 ? "" : String(files);
}

/** Returns one line for each file that fails the run. */
export function failureLines(results: readonly FileResult[]): string[] {
  return results.filter(({ verdict }) => FAILURES.has(verdict)).map(resultLine);
}

/** Returns a result on one line. */
function resultLine(result: FileResult): string {
  const { path, container, codec, verdict, agreement, ours, theirs, warnings } = result;
  const figures = agreement === undefined ? "" : ` offset ${agreement.offsetSamples}, ` +
    `extra ${agreement.extraSamples}, largest ${agreement.largestDifference.toExponential(1)}, ` +
    `rms ${agreement.relativeRms.toExponential(1)};`;
  const warned = warnings.length === 0 ? "" : ` | warned: ${warnings.join("; ")}`;
  return `${path}: ${container} ${codec}: ${verdict};${figures} ours: ${ours}${warned} | ffmpeg: ${theirs}`;
}
