import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { AnalysisResult } from "../pipeline/mod.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { measuredMachines } from "./cost.ts";
import { jobId, recordKey, STORE_NAME } from "./job.ts";
import { openStore } from "./open_store.ts";
import { recordBytes, type TrackRecord } from "./record.ts";
import { stageRows } from "./stage_table.ts";
import type { Store } from "./store.ts";
import { exportTable, queryTable } from "./table.ts";

/** Returns a record of a track of three minutes. */
function record(name: string, bpm: number | null, seconds: number): TrackRecord {
  const job = { source: `s3://music/${name}`, content: `etag:${name}`, bytes: 7, settings: "ts" };
  const result = {
    ...{
      path: job.source,
      bpm,
      beats: bpm === null ? [] : [0.5, 1],
      downbeats: [],
      beat_positions: [],
    },
    segments: [{ start: 0, end: 30.5, label: "intro" }, { start: 30.5, end: 180, label: "chorus" }],
    tempo: bpm === null ? null : { bpm: bpm + 0.25, constant: true, confidence: 0.9 },
    metre: bpm === null ? null : { beats_per_bar: 3, confidence: 1 },
    provenance: {
      ...{ model: "embedded", demixer: "hpss-mix", program: "tactus 1" },
      mix: { identity: { sha256: `hash of ${name}` } },
    },
  } as unknown as AnalysisResult;
  return {
    ...{ job: jobId(job), ...job, byproducts: {}, result },
    run: {
      ...{ worker: "one", started: "2026-01-02T03:04:05.678Z", attempt: 1, audio_seconds: 180 },
      ...{ seconds, fetch_seconds: 0.1, stages: { decode: seconds / 4, network: seconds / 2 } },
    },
  };
}

async function put(store: Store, ...records: TrackRecord[]): Promise<void> {
  for (const one of records) await store.putNew(recordKey(one.job), recordBytes(one));
}

Deno.test("exportTable() writes a row for each record, and brings a table up to date", () =>
  inTemporaryFolder(async (folder) => {
    const store = await openStore(join(folder, "store"));
    // A quote in a name is no end of a text.
    const [parquet, csv, jsonLines] = ["it's.parquet", "t.csv", "t.jsonl"].map((name) =>
      join(folder, name)
    ) as [string, string, string];
    // A store without records, and what is none.
    await store.putNew(STORE_NAME, new TextEncoder().encode("one"));
    equal(await exportTable(store, { parquet }), { added: 0, removed: 0, rows: 0 });
    const [a, b, c] = [record("a", 120, 2), record("b", null, 4), record('it\'s, "c"', 90, 3)];
    await put(store, a, b);
    equal(await exportTable(store, { parquet }), { added: 2, removed: 0, rows: 2 });
    await put(store, c);
    await rm(store.addressOf(recordKey(a.job)));
    equal(await exportTable(store, { parquet, csv, jsonLines }), { added: 1, removed: 1, rows: 2 });
    const rows = await queryTable(parquet, "SELECT * EXCLUDE (provenance) FROM tracks");
    equal(rows[1], {
      ...{
        job: c.job,
        path: c.source,
        sha256: 'hash of it\'s, "c"',
        content: c.content,
        bytes: "7",
      },
      ...{ duration: 180, bpm: 90, tempo: 90.25, tempo_constant: true, tempo_confidence: 0.9 },
      ...{
        beats_per_bar: 3,
        metre_confidence: 1,
        beats: [0.5, 1],
        downbeats: [],
        beat_positions: [],
      },
      segments: [{ start: 0, end: 30.5, label: "intro" }, {
        start: 30.5,
        end: 180,
        label: "chorus",
      }],
      ...{ model: "embedded", demixer: "hpss-mix", program: "tactus 1", settings: "ts" },
      ...{ worker: "one", started: "2026-01-02 03:04:05.678", attempt: 1, work_seconds: 3 },
      fetch_seconds: 0.1,
      stages: [{ key: "decode", value: 0.75 }, { key: "network", value: 1.5 }],
    });
    equal([rows[0]?.["bpm"], rows[0]?.["tempo"], rows[0]?.["beats"]], [null, null, []]);
    const lines = (await Deno.readTextFile(jsonLines)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    equal(lines.map(({ path, segments }) => [path, segments.length]), [[b.source, 2], [
      c.source,
      2,
    ]]);
    const [head, , last] = (await Deno.readTextFile(csv)).split("\n");
    equal(head?.startsWith("job,path,sha256,"), true);
    equal(last?.includes('"[0.5,1.0]"'), true, last);
  }));

Deno.test("exportTable() does not empty the table of another store, nor replace another file", () =>
  inTemporaryFolder(async (folder) => {
    const [store, parquet] = [await openStore(join(folder, "store")), join(folder, "t.parquet")];
    await put(store, record("a", 120, 2));
    await exportTable(store, { parquet });
    const other = await openStore(join(folder, "stroe"));
    await rejects(exportTable(other, { parquet }), {
      name: "UsageError",
      message: /^There is no catalogue at .*stroe: give the --store/,
    });
    equal(await queryTable(parquet, "SELECT path FROM tracks"), [{ path: "s3://music/a" }]);
    const text = join(folder, "text");
    await Deno.writeTextFile(text, "no table");
    await rejects(exportTable(store, { parquet: text }), {
      name: "UsageError",
      message: /is no table of a catalogue .*--out$/s,
    });
    equal(await Deno.readTextFile(text), "no table");
    await rejects(exportTable(store, { parquet, csv: join(folder, ".", "t.parquet") }), {
      name: "UsageError",
      message: /need different names/,
    });
    const jsonLines = join(folder, "new", "t.jsonl");
    await exportTable(store, { parquet, jsonLines });
    equal((await Deno.readTextFile(jsonLines)).split("\n").length, 2);
  }));

Deno.test("what is no table is refused with the cause and the remedy, and a name of a table is no pattern", () =>
  inTemporaryFolder(async (folder) => {
    const path = (name: string): string => join(folder, name);
    await Deno.writeTextFile(path("text"), "no table");
    await Deno.writeTextFile(path("empty"), "");
    await Deno.mkdir(path("folder"));
    const store = await openStore(path("store"));
    await store.putNew(STORE_NAME, new TextEncoder().encode("one"));
    const parquet = path("[a]*?.parquet");
    await exportTable(store, { parquet });
    // Not those that the name would match as a pattern.
    await Deno.writeTextFile(path("a1.parquet"), "no table");
    equal(await stageRows(parquet).then((rows) => rows.length), 1);
    await rejects(measuredMachines(parquet, 1), { name: "UsageError", message: /has no tracks/ });
    const foreign = path("foreign");
    await queryTable(parquet, `COPY (SELECT 1 AS worker) TO '${foreign}' (FORMAT parquet)`);
    const cases: [string, RegExp][] = [
      ["nothing", /^There is no table .*nothing: write one with .* catalogue export$/],
      ["text", /text is no table of a catalogue \([^\n]*Parquet[^\n]*\): write one with/],
      ["empty", /empty is no table of a catalogue \([^\n]*\): write one with/],
      ["folder", /folder is no table of a catalogue \(it is no file\): write one with/],
      ["foreign", /is no table of a catalogue \(it has no column demixer, model, .*\): write one/],
    ];
    for (const [name, message] of cases) {
      await rejects(stageRows(path(name)), { name: "UsageError", message });
    }
    await rejects(measuredMachines(foreign, 1), { name: "UsageError", message: /no column/ });
    for (const [name] of cases.slice(0, -1)) {
      await rejects(measuredMachines(path(name), 1), { name: "UsageError" });
    }
    await put(store, record("a", 120, 2));
    // A table that is there is read under its own name.
    equal(await exportTable(store, { parquet }), { added: 1, removed: 0, rows: 1 });
    equal(await exportTable(store, { parquet }), { added: 0, removed: 0, rows: 1 });
  }));

Deno.test("exportTable() names a damaged record", () =>
  inTemporaryFolder(async (folder) => {
    const store = await openStore(join(folder, "store"));
    const one = record("a", 120, 2);
    await store.putNew(recordKey(one.job), new TextEncoder().encode('{"job":'));
    await rejects(
      exportTable(store, { parquet: join(folder, "t.parquet") }),
      /is damaged .*remove it/,
    );
  }));

Deno.test("stageRows() has the whole and each stage, with their shares and times real time", () =>
  inTemporaryFolder(async (folder) => {
    const store = await openStore(join(folder, "store"));
    const parquet = join(folder, "t.parquet");
    await put(store, record("a", 120, 2), record("b", 120, 4), record("c", 120, 6));
    await exportTable(store, { parquet });
    equal(await stageRows(parquet), [
      ["variant", "stage", "tracks", "median s", "95 % interval s", "share %", "× real time"],
      ["hpss-mix / embedded", "total", "3", "4.000", "2.000 to 6.000", "", "45"],
      ["hpss-mix / embedded", "network", "3", "2.000", "1.000 to 3.000", "66.7", "90"],
      ["hpss-mix / embedded", "decode", "3", "1.000", "0.500 to 1.500", "33.3", "180"],
    ]);
  }));
