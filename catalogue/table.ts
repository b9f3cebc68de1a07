/**
 * The table over all records, made by DuckDB: one row a track.
 *
 * @module
 */

import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { temporaryName } from "../core/files.ts";
import { printable } from "../core/printable.ts";
import { CALL } from "../core/program.ts";
import { reasonOf } from "../core/reason.ts";
import { withScratchFolder } from "../core/scratch_folder.ts";
import { UsageError } from "../core/usage_error.ts";
import { type DuckDbConnection, library } from "./libraries.ts";
import { idOfRecord, recordKey, RECORDS, STORE_NAME } from "./job.ts";
import type { Store } from "./store.ts";

/** Which files are written. */
export interface TableFiles {
  /** Parquet file; one that is there is brought up to date. */
  readonly parquet: string;
  /** CSV file, in which lists are JSON. */
  readonly csv?: string;
  /** File with a JSON object a line. */
  readonly jsonLines?: string;
}

/** What became of a table. */
export interface TableCounts {
  /** Rows of records that the table did not have. */
  readonly added: number;
  /** Rows whose records are gone. */
  readonly removed: number;
  /** Rows of the table. */
  readonly rows: number;
}

/** Records that are read before they go into the database. */
const BATCH = 2000;

/** Requests to the store at the same time. */
const REQUESTS = 16;

/** Fields of a record that the table takes, with their types. */
const RECORD_TYPES: Readonly<Record<string, string>> = {
  job: "VARCHAR",
  source: "VARCHAR",
  content: "VARCHAR",
  bytes: "BIGINT",
  settings: "VARCHAR",
  run:
    "STRUCT(worker VARCHAR, started TIMESTAMP, attempt INTEGER, audio_seconds DOUBLE, seconds DOUBLE, " +
    "fetch_seconds DOUBLE, stages MAP(VARCHAR, DOUBLE))",
  result: "STRUCT(bpm DOUBLE, beats DOUBLE[], downbeats DOUBLE[], beat_positions INTEGER[], " +
    'segments STRUCT("start" DOUBLE, "end" DOUBLE, label VARCHAR)[], ' +
    "tempo STRUCT(bpm DOUBLE, constant BOOLEAN, confidence DOUBLE), " +
    "metre STRUCT(beats_per_bar INTEGER, confidence DOUBLE), provenance JSON)",
};

/** Columns of the table by their names. */
const COLUMNS: Readonly<Record<string, string>> = {
  job: "job",
  path: "source",
  sha256: "result.provenance->>'$.mix.identity.sha256'",
  content: "content",
  bytes: "bytes",
  duration: "run.audio_seconds",
  bpm: "result.bpm",
  tempo: "result.tempo.bpm",
  tempo_constant: "result.tempo.constant",
  tempo_confidence: "result.tempo.confidence",
  beats_per_bar: "result.metre.beats_per_bar",
  metre_confidence: "result.metre.confidence",
  beats: "result.beats",
  downbeats: "result.downbeats",
  beat_positions: "result.beat_positions",
  segments: "result.segments",
  model: "result.provenance->>'$.model'",
  demixer: "result.provenance->>'$.demixer'",
  program: "result.provenance->>'$.program'",
  provenance: "CAST(result.provenance AS VARCHAR)",
  settings: "settings",
  worker: "run.worker",
  started: "run.started",
  attempt: "run.attempt",
  work_seconds: "run.seconds",
  fetch_seconds: "run.fetch_seconds",
  stages: "run.stages",
};

/** Columns of lists, which a CSV file has as JSON. */
const LISTS: readonly string[] = ["beats", "downbeats", "beat_positions", "segments", "stages"];

/**
 * Brings a table up to date with the records of a store: reads those that it lacks, and removes rows whose record is gone.
 * Each file is renamed into place when it is complete.
 *
 * @param store store of the records
 * @param files the files
 * @param onProgress receives the number of records that were read
 * @throws {UsageError} if the store is none of a catalogue, or the file that is there is no table
 * @throws if a record is damaged, or a file cannot be written
 */
export async function exportTable(
  store: Store,
  files: TableFiles,
  onProgress: (read: number) => void = () => {},
): Promise<TableCounts> {
  const parquet = resolve(files.parquet);
  const paths = Object.values(files).map((path) => resolve(path));
  if (new Set(paths).size < paths.length) {
    throw new UsageError("The Parquet file, the CSV file and the JSON Lines need different names");
  }
  const { DuckDBInstance } = await library("@duckdb/node-api");
  const isThere = await stat(parquet).then(() => true, () => false);
  return await withScratchFolder("tactus-table-", async (folder) => {
    const database = await DuckDBInstance.create(join(folder, "table.duckdb"));
    const connection = await database.connect();
    try {
      await connection.run(
        `CREATE TABLE tracks AS SELECT ${selected()} FROM ${recordsOf("", [])} LIMIT 0`,
      );
      if (isThere) {
        const rows = `SELECT * FROM ${parquetRows(parquet)}`;
        await connection.run(`INSERT INTO tracks BY NAME ${rows}`).catch((cause) => {
          throw new UsageError(
            `${printable(parquet)} is no table of a catalogue (${
              firstLine(cause)
            }): remove it, or name another file with --out`,
            { cause },
          );
        });
      }
      const known = new Set(
        (await rowsOf(connection, "SELECT job FROM tracks")).map(({ job }) => String(job)),
      );
      const open: string[] = [];
      let records = 0;
      for await (const { key } of store.list(RECORDS)) {
        const id = idOfRecord(key);
        if (id === undefined) continue;
        records++;
        if (!known.delete(id)) open.push(id);
      }
      // The table of another store must not become empty.
      if (records === 0 && await store.find(STORE_NAME) === undefined) {
        throw new UsageError(
          `There is no catalogue at ${store.address}: give the --store that the tracks were added with`,
        );
      }
      // What is left of the known ones has no record.
      for (const id of known) await connection.run(`DELETE FROM tracks WHERE job = ${quoted(id)}`);
      for (let at = 0; at < open.length; at += BATCH) {
        const part = join(folder, "records.jsonl");
        await Deno.writeTextFile(part, await recordLines(store, open.slice(at, at + BATCH)));
        await connection.run(
          `INSERT INTO tracks BY NAME SELECT ${selected()} FROM ${
            recordsOf(part, Object.keys(RECORD_TYPES))
          }`,
        );
        onProgress(Math.min(open.length, at + BATCH));
      }
      const rows = "SELECT * FROM tracks ORDER BY path, job";
      await write(connection, rows, parquet, "FORMAT parquet, COMPRESSION zstd");
      if (files.csv !== undefined) {
        const lists = LISTS.map((name) => `CAST(to_json(${name}) AS VARCHAR) AS ${name}`);
        const flat = `SELECT * REPLACE (${lists.join(", ")}) FROM (${rows})`;
        await write(connection, flat, resolve(files.csv), "FORMAT csv, HEADER");
      }
      if (files.jsonLines !== undefined) {
        await write(connection, rows, resolve(files.jsonLines), "FORMAT json");
      }
      const [count] = await rowsOf(connection, "SELECT count(*) AS n FROM tracks");
      return { added: open.length, removed: known.size, rows: Number(count?.["n"]) };
    } finally {
      connection.closeSync();
      database.closeSync();
    }
  });
}

/**
 * Runs a query on a table, whose rows are the view `tracks`.
 *
 * @param parquet path of the table
 * @param sql the query
 * @param columns columns that the table must have
 * @returns rows, with values as JSON has them
 * @throws {UsageError} if there is no table, or it lacks a column
 * @throws if the query fails
 */
export async function queryTable(
  parquet: string,
  sql: string,
  columns: readonly string[] = [],
): Promise<Record<string, unknown>[]> {
  const remedy = `write one with ${CALL} catalogue export`;
  const noTable = (reason: string, cause?: unknown): UsageError =>
    new UsageError(
      `${
        printable(parquet)
      } is no table of a catalogue (${reason}): ${remedy}, or name another file`,
      { cause },
    );
  const found = await stat(parquet).catch(() => undefined);
  if (found === undefined) {
    throw new UsageError(`There is no table ${printable(parquet)}: ${remedy}`);
  }
  if (!found.isFile()) throw noTable("it is no file");
  const { DuckDBInstance } = await library("@duckdb/node-api");
  const database = await DuckDBInstance.create(":memory:");
  const connection = await database.connect();
  try {
    await connection.run(`CREATE VIEW tracks AS SELECT * FROM ${parquetRows(resolve(parquet))}`)
      .catch((cause) => {
        throw noTable(firstLine(cause), cause);
      });
    const known = (await rowsOf(connection, "DESCRIBE tracks")).map((row) => row["column_name"]);
    const lacking = columns.filter((name) => !known.includes(name));
    if (lacking.length > 0) throw noTable(`it has no column ${lacking.join(", ")}`);
    return await rowsOf(connection, sql);
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}

/** Returns the rows of one Parquet file. Its name is no pattern. */
function parquetRows(path: string): string {
  return `read_parquet(${quoted(path.replace(/[*?[]/g, "[$&]"))})`;
}

function firstLine(error: unknown): string {
  return reasonOf(error).split("\n")[0]!;
}

async function rowsOf(
  connection: DuckDbConnection,
  sql: string,
): Promise<Record<string, unknown>[]> {
  return (await connection.runAndReadAll(sql)).getRowObjectsJson();
}

function selected(): string {
  return Object.entries(COLUMNS).map(([name, from]) => `${from} AS ${name}`).join(", ");
}

/** Returns the rows of a file of records; without a file, no rows of the same types. */
function recordsOf(path: string, fields: readonly string[]): string {
  if (fields.length === 0) {
    const nulls = Object.entries(RECORD_TYPES).map(([name, type]) =>
      `CAST(NULL AS ${type}) AS ${name}`
    );
    return `(SELECT ${nulls.join(", ")})`;
  }
  const columns = fields.map((name) => `${name}: ${quoted(RECORD_TYPES[name]!)}`);
  return `read_json(${quoted(path)}, format = 'newline_delimited', columns = {${
    columns.join(", ")
  }}, ` +
    "maximum_object_size = 268435456)";
}

/** Reads records, one a line. */
async function recordLines(store: Store, ids: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const rest = [...ids];
  await Promise.all(Array.from({ length: REQUESTS }, async () => {
    for (let id = rest.pop(); id !== undefined; id = rest.pop()) {
      const key = recordKey(id);
      const text = new TextDecoder().decode(await store.read(key)).trim();
      try {
        if (JSON.parse(text).job !== id) throw new Error("it is of another job");
      } catch (cause) {
        throw new Error(
          `${store.addressOf(key)} is damaged (${
            (cause as Error).message
          }): remove it, and add its track again`,
          { cause },
        );
      }
      lines.push(text);
    }
  }));
  return lines.join("\n") + "\n";
}

async function write(
  connection: DuckDbConnection,
  rows: string,
  path: string,
  options: string,
): Promise<void> {
  const temporary = join(dirname(path), temporaryName(path.slice(dirname(path).length + 1)));
  try {
    await mkdir(dirname(path), { recursive: true });
    await connection.run(`COPY (${rows}) TO ${quoted(temporary)} (${options})`);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
