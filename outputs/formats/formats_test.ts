import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  encodedCases,
  FORMAT_CASES,
  storedFindings,
  TAGGED_FILES,
  wavCase,
} from "../../fixtures/format_cases.ts";
import type { AnalysisResult } from "../../pipeline/result.ts";
import { repository } from "../../tests/support/program.ts";
import { inTemporaryFolder } from "../../tests/support/temporary_folder.ts";
import { type Format, FORMAT_NAMES, FORMATS } from "./mod.ts";

type Row = readonly (number | string | null)[];

/** Findings whose content is known by the name of the file. */
function rows(file: string, kind: string): Row[] {
  const finding = storedFindings().find((finding) => finding.file === file);
  ok(finding, `No reader has read ${file}`);
  return finding.read[kind] as Row[];
}

function near(actual: readonly Row[], expected: readonly Row[], tolerance: number): void {
  equal(actual.length, expected.length);
  actual.forEach((row, at) =>
    row.forEach((value, column) => {
      const wanted = expected[at]![column]!;
      if (typeof wanted === "string") equal(value, wanted);
      else ok(Math.abs(Number(value) - wanted) <= tolerance, `${value}, expected ${wanted}`);
    })
  );
}

const beatRows = ({ beats, beat_positions }: AnalysisResult): Row[] =>
  beats.map((time, beat) => [time, beat_positions[beat]!]);

const segmentRows = ({ segments }: AnalysisResult): Row[] =>
  segments.map(({ start, end, label }) => [start, end, label]);

Deno.test("the readers of other programs have read the files that are written now", async () => {
  await inTemporaryFolder(async (folder) => {
    const written = await encodedCases(folder);
    const hashes = [...written].map(([file, content]) => [
      file,
      createHash("sha256").update(content).digest("hex"),
    ]);
    const stored = storedFindings().map(({ file, sha256 }) => [file, sha256]);
    equal(stored.toSorted(), hashes.toSorted(), "run fixtures/upstream/format_readers.py again");
  });
});

Deno.test("every format but the JSON has been read by another program", () => {
  const files = storedFindings().map(({ file }) => file);
  for (const name of FORMAT_NAMES.filter((name) => name !== "json")) {
    const format: Format = FORMATS[name];
    const endings = format.files.map(({ ending }) => ending);
    for (const ending of [...endings, ...(format.collection ? [format.collection.name] : [])]) {
      ok(files.some((file) => file.endsWith(ending)), `${name}: ${ending}`);
    }
  }
});

Deno.test("text files were read with all digits", () => {
  for (const [name, result] of Object.entries(FORMAT_CASES)) {
    near(rows(`${name}.beats`, "beats"), beatRows(result), 0);
    near(rows(`${name}.lab`, "segments"), segmentRows(result), 0);
    for (const ending of ["csv", "tsv"]) {
      near(rows(`${name}.beats.${ending}`, "rows").slice(1), beatRows(result), 0);
      near(rows(`${name}.segments.${ending}`, "rows").slice(1), segmentRows(result), 0);
    }
    const points = beatRows(result).map(([time, position]) => [time!, time!, position!]);
    near(rows(`${name}.beats.txt`, "rows"), points, 5e-7);
    near(rows(`${name}.segments.txt`, "rows"), segmentRows(result), 5e-7);
  }
});

Deno.test("jams accepts the JAMS files and read their times", () => {
  for (const [name, result] of Object.entries(FORMAT_CASES)) {
    const points = beatRows(result).map(([time, position]) => [time!, time!, position!]);
    near(rows(`${name}.jams`, "beat"), points, 0);
    near(rows(`${name}.jams`, "segment_open"), segmentRows(result), 1e-12);
    const functions = rows(`${name}.jams`, "segment_salami_function").map(([, , label]) => label);
    equal(functions.includes("start") || functions.includes("inst"), false);
  }
  equal(rows("steady.jams", "segment_salami_function").map(([, , label]) => label), [
    ...["no_function", "intro", "verse", "instrumental", "end"],
  ]);
});

/** Returns how far a beat may be from a quarter note: not at all, or as far as beats stray from a constant tempo. */
function strayOf({ tempo }: AnalysisResult): number {
  return tempo?.constant ? tempo.deviation.percentile_95 + 0.003 : 2e-6;
}

/** Checks that beats are on consecutive quarter notes. */
function onQuarters(quarters: readonly number[], result: AnalysisResult, name: string): void {
  const period = result.tempo === null ? 1 : 60 / result.tempo.bpm * 2 ** result.tempo.octaves;
  const first = Math.round(8 * quarters[0]!) / 8;
  quarters.forEach((quarter, beat) => {
    const stray = Math.abs(quarter - first - beat) * period;
    ok(stray <= strayOf(result), `${name}: beat ${beat} is ${stray} s off`);
  });
}

Deno.test("mido read each beat at its time and on a quarter note, and segments within half a tick", () => {
  for (const [name, result] of Object.entries(FORMAT_CASES)) {
    const beats = rows(`${name}.mid`, "beats");
    // A constant tempo has few points, and beats lie between its ticks of at most 0.8 ms.
    const tolerance = result.tempo?.constant ? 8e-4 : 2e-6;
    near(beats.map(([time]) => [time!]), result.beats.map((time) => [time]), tolerance);
    onQuarters(beats.map(([, quarter]) => Number(quarter)), result, name);
    const markers = result.segments.map(({ start, label }): Row => [start, label]);
    near(rows(`${name}.mid`, "markers"), markers, 1e-3);
  }
  equal(rows("steady.mid", "names"), ['Ünï & "Söng" <1>\'s 日本', "beats"]);
  equal(rows("early.mid", "signatures"), [[0, 1, 32], [0.125, 5, 4]]);
});

Deno.test("a constant tempo is one tempo in MIDI and Reaper, behind the one before the first beat", () => {
  for (const name of ["steady", "early", "late", "folded"]) {
    const { tempo } = FORMAT_CASES[name]!;
    const bpm = tempo!.bpm / 2 ** tempo!.octaves;
    const midi = rows(`${name}.mid`, "tempi").map(([, micros]) => 6e7 / Number(micros));
    const reaper = rows(`${name}.rpp`, "tempi").map(([, bpm]) => Number(bpm));
    ok(midi.length <= 2 && new Set(reaper).size <= 2, name);
    ok(Math.abs(midi.at(-1)! - bpm) < 1e-3 && Math.abs(reaper.at(-1)! - bpm) < 1e-9, name);
  }
});

Deno.test("rpp read a tempo map with each beat on a quarter note, and the regions", () => {
  for (const [name, result] of Object.entries(FORMAT_CASES)) {
    const points = rows(`${name}.rpp`, "tempi").map((row) => row.map(Number));
    const signature = points[0]![3]!;
    let quarter = 0;
    const starts = points.map(([time = 0], at) => {
      const [before = 0, bpm = 0] = points[at - 1] ?? [];
      quarter += (time - before) * bpm / 60;
      return quarter;
    });
    const quarters = result.beats.map((time) => {
      const at = points.findLastIndex(([start = 0]) => start <= time + 1e-9);
      return starts[at]! + (time - points[at]![0]!) * points[at]![1]! / 60;
    });
    onQuarters(quarters, result, name);
    ok(signature >> 16 >= 4 && (signature & 0xffff) >= 1);
    near(rows(`${name}.rpp`, "regions"), segmentRows(result), 1e-12);
  }
  equal(rows("early.rpp", "files"), ["/music/100% '\"'.wav"], "backticks cannot be quoted");
  equal(rows("waltz.rpp", "names"), ["tab here, line and  "]);
  equal(rows("empty.rpp", "files"), []);
});

interface RekordboxTrack {
  readonly name: string;
  readonly location: string;
  readonly bpm: number | null;
  readonly tempi: readonly (readonly [number, number, string, number])[];
  readonly marks: readonly (readonly [number, string, string, number])[];
}

Deno.test("pyrekordbox read one collection with grids, cues and locations", () => {
  const tracks = rows("tactus.rekordbox.xml", "tracks") as unknown as RekordboxTrack[];
  equal(rows("tactus.rekordbox.xml", "playlist"), tracks.map((_, at) => at + 1));
  equal(tracks.map(({ location }) => location.replace(/^\/?/, "/")), [
    ...Object.values(FORMAT_CASES).map(({ path }) => path),
  ]);
  const tempi = Object.values(FORMAT_CASES).map(({ tempo }) =>
    tempo && Math.round(100 * tempo.bpm) / 100
  );
  equal(tracks.map(({ bpm }) => bpm), tempi);
  Object.values(FORMAT_CASES).forEach((result, at) => {
    const { tempi, marks } = tracks[at]!;
    const memory = marks.filter(([, , , number]) => number === -1);
    near(memory.map(([time, label]) => [time, label]), [
      ...result.segments.map(({ start, label }) => [start, label]),
    ], 5e-4);
    equal(tempi.length === 0, result.tempo === null);
    for (const [beat, position] of beatRows(result) as [number, number][]) {
      if (result.tempo === null) break;
      const [start, bpm, , first] = tempi.findLast(([start]) => start <= beat + 0.0011) ??
        tempi[0]!;
      const beats = (beat - start) * bpm / 60;
      ok(Math.abs(beats - Math.round(beats)) * 60 / bpm < 0.0125, `${result.path} ${beat}`);
      const factor = 2 ** result.tempo.octaves;
      const metre = result.metre!.beats_per_bar;
      const counted = (((first - 1 + Math.round(beats)) % metre) + metre) % metre + 1;
      equal(counted, (position - 1) * factor % metre + 1, `${result.path} ${beat}`);
    }
  });
  const nodes = (name: string): unknown => tracks[Object.keys(FORMAT_CASES).indexOf(name)]!.tempi;
  equal(nodes("steady"), [[1.06, 174, "4/4", 1]]);
  equal(nodes("folded"), [[0.66, 174.6, "4/4", 1]]);
  equal(nodes("two tempi"), [[0.98, 120, "4/4", 1], [16.98, 130.43, "4/4", 1]]);
});

Deno.test("jams read the tempo curve", () => {
  for (const [name, { tempo }] of Object.entries(FORMAT_CASES)) {
    const curve = tempo?.curve ?? [];
    equal(rows(`${name}.jams`, "tempo").map(([, , bpm]) => bpm), curve.map(({ bpm }) => bpm));
  }
});

Deno.test("wavinfo read cue points at the nearest sample", () => {
  equal(rows("source.cues.wav", "format"), [8000, 1, 16, 24_000] as unknown as Row[]);
  const { segments, downbeats } = wavCase("/a.wav");
  const expected = [
    ...segments.map(({ start, end, label }) => [8000 * start, label, 8000 * (end - start)]),
    ...downbeats.map((time, bar) => [8000 * time, `bar ${bar + 1}`, null]),
  ].toSorted((a, b) => Number(a[0]) - Number(b[0]));
  equal(rows("source.cues.wav", "cues"), expected);
});

Deno.test("mutagen read the tempo from the tags of each format", () => {
  for (const name of TAGGED_FILES) {
    const [bpm] = rows(`tagged ${name}`, "bpm") as unknown as string[];
    // ID3v2 and MP4 hold whole numbers.
    equal(bpm, /flac|ogg|opus|oga/.test(name) ? "173.98" : "174", name);
  }
});

Deno.test("no ending is the end of another, so that files of two tracks never meet", () => {
  const endings = FORMAT_NAMES.flatMap((name) => (FORMATS[name] as Format).files)
    .map(({ ending }) => ending);
  const all = [...endings, ".json", ".activ.npz", ".embed.npy"];
  equal(new Set(all).size, all.length);
  equal(all.filter((one) => all.some((other) => one !== other && one.endsWith(other))), []);
});

Deno.test("docs/outputs.md describes every format", async () => {
  const document = await Deno.readTextFile(join(repository, "docs", "outputs.md"));
  const text = document.split("\n## ").find((part) =>
    part.startsWith("Formats of other programs")
  )!;
  for (const [name, format] of Object.entries<Format>(FORMATS)) {
    const line = text.split("\n").find((line) => line.startsWith(`| \`${name}\``));
    ok(line, `${name} has no row`);
    const files = [...format.files.map(({ ending }) => ending), format.collection?.name ?? ""];
    for (const part of [...files, format.description, format.source]) {
      ok(line.includes(part), `${name}: the row lacks ${part}`);
    }
  }
});
