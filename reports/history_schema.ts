/**
 * Tables of a history, and the migration of older files.
 *
 * Up to version 2 a run was spread over tables; since version 3 it is one JSON document.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";

/** SQL, or a function, that leads from one version to the next. */
export type Migration = string | ((database: DatabaseSync) => void);

/** Migrations from one version to the next, the first from an empty file. */
export const MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    confirms TEXT,
    fingerprint TEXT NOT NULL,
    program TEXT NOT NULL,
    machine TEXT NOT NULL,
    versions TEXT NOT NULL,
    settings TEXT NOT NULL,
    tracks TEXT NOT NULL,
    variants TEXT NOT NULL
  ) STRICT;
  CREATE INDEX runs_by_start ON runs (started_at);
  CREATE TABLE measurements (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    variant TEXT NOT NULL,
    track TEXT NOT NULL,
    round INTEGER NOT NULL,
    seconds REAL NOT NULL,
    cpu_seconds REAL NOT NULL,
    peak_bytes INTEGER NOT NULL,
    bytes_read INTEGER,
    PRIMARY KEY (run, number),
    UNIQUE (run, variant, track, round)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE stages (
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    stage TEXT NOT NULL,
    start REAL NOT NULL,
    end REAL NOT NULL,
    cpu_seconds REAL NOT NULL,
    peak_bytes INTEGER NOT NULL,
    PRIMARY KEY (run, number, position),
    FOREIGN KEY (run, number) REFERENCES measurements (run, number) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE parity (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    suite TEXT NOT NULL,
    piece TEXT NOT NULL,
    mode TEXT NOT NULL,
    stage TEXT NOT NULL,
    seam TEXT NOT NULL,
    verdict TEXT NOT NULL,
    needs REAL,
    allowed REAL NOT NULL,
    upstream REAL,
    PRIMARY KEY (run, suite, piece, mode, seam)
  ) STRICT;
  CREATE TABLE quality (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    system TEXT NOT NULL,
    measure TEXT NOT NULL,
    value REAL NOT NULL,
    tracks INTEGER NOT NULL,
    PRIMARY KEY (run, system, measure)
  ) STRICT;
  -- Finished parts of a nightly run, after which an interrupted run resumes.
  CREATE TABLE steps (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    PRIMARY KEY (run, step)
  ) STRICT, WITHOUT ROWID;
  -- At most one row: the chosen baseline.
  CREATE TABLE pin (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE
  ) STRICT;
  `,
  "ALTER TABLE stages ADD COLUMN bytes_read INTEGER",
  intoDocuments,
];

const DOCUMENT_TABLES = `
  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    -- Finished parts of a nightly run, after which an interrupted run resumes.
    finished_parts TEXT NOT NULL DEFAULT '[]',
    started_at TEXT NOT NULL AS (document ->> '$.startedAt') STORED,
    finished_at TEXT AS (document ->> '$.finishedAt') STORED,
    confirms TEXT AS (document ->> '$.confirms') STORED,
    fingerprint TEXT AS (document ->> '$.machine.fingerprint') STORED
  ) STRICT;
  CREATE INDEX runs_by_start ON runs (started_at);
  -- At most one row: the chosen baseline.
  CREATE TABLE pin (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE
  ) STRICT;`;

/** Moves the runs of version 2 from their tables into documents. Numbers pass through JavaScript, which keeps every digit. */
function intoDocuments(database: DatabaseSync): void {
  const rows = (sql: string, ...run: string[]): Record<string, unknown>[] =>
    database.prepare(sql).all(...run).map((row) => ({ ...row }));
  const runs = rows("SELECT * FROM runs").map(({ id, ...row }) => ({
    id: String(id),
    document: JSON.stringify(documentOf(String(id), row, rows)),
    parts: JSON.stringify(
      rows("SELECT step FROM steps WHERE run = ?", String(id)).map((one) => one["step"]),
    ),
  }));
  const pins = rows("SELECT run FROM pin");
  for (const table of ["stages", "measurements", "parity", "quality", "steps", "pin", "runs"]) {
    database.exec(`DROP TABLE ${table}`);
  }
  database.exec(DOCUMENT_TABLES);
  const insert = database.prepare(
    "INSERT INTO runs (id, document, finished_parts) VALUES (?, ?, ?)",
  );
  for (const { id, document, parts } of runs) insert.run(id, document, parts);
  for (const { run } of pins) {
    database.prepare("INSERT INTO pin (only, run) VALUES (1, ?)").run(String(run));
  }
}

function documentOf(
  id: string,
  row: Readonly<Record<string, unknown>>,
  rows: (sql: string, run: string) => Record<string, unknown>[],
): unknown {
  const parsed = Object.fromEntries(
    ["program", "machine", "versions", "settings", "tracks", "variants"]
      .map((column) => [column, JSON.parse(String(row[column]))]),
  );
  const stages = Map.groupBy(
    rows(
      `SELECT number, stage, start, end, cpu_seconds AS cpuSeconds, peak_bytes AS peakBytes,
         bytes_read AS bytesRead FROM stages WHERE run = ? ORDER BY number, position`,
      id,
    ),
    ({ number }) => number,
  );
  const measurements = rows(
    `SELECT number, variant, track, round, seconds, cpu_seconds AS cpuSeconds,
       peak_bytes AS peakBytes, bytes_read AS bytesRead
     FROM measurements WHERE run = ? ORDER BY number`,
    id,
  );
  return {
    format: 1,
    id,
    ...(row["confirms"] !== null && { confirms: row["confirms"] }),
    startedAt: row["started_at"],
    finishedAt: row["finished_at"],
    ...parsed,
    measurements: measurements.map(({ number, ...measurement }) => ({
      ...measurement,
      stages: (stages.get(number) ?? []).map(({ number: _, ...stage }) => stage),
    })),
    parity: rows(
      `SELECT suite, piece, mode, stage, seam, verdict, needs, allowed, upstream
       FROM parity WHERE run = ? ORDER BY rowid`,
      id,
    ),
    quality: rows(
      "SELECT system, measure, value, tracks FROM quality WHERE run = ? ORDER BY rowid",
      id,
    ),
  };
}

/** A file was written by a newer program, or is not a history. */
export class HistoryError extends Error {
  /** Name of the class in printed errors. */
  override name = "HistoryError";
}

/**
 * Brings a database to the newest version, completely or not at all. Two programs may do so at once.
 *
 * @param database an open database
 * @param path its file, for messages
 * @param migrations migrations, the first from an empty file
 * @throws {HistoryError} if it was written by a newer program
 */
export function migrate(
  database: DatabaseSync,
  path: string,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  if (versionOf(database) === migrations.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    const version = versionOf(database);
    if (version > migrations.length) {
      throw new HistoryError(
        `${path} is a history of version ${version}, but this program supports versions up to ` +
          `${migrations.length}: use the newer program that wrote it`,
      );
    }
    for (const migration of migrations.slice(version)) {
      if (typeof migration === "string") database.exec(migration);
      else migration(database);
    }
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

/**
 * Checks that a database is a history or empty, before anything is changed in it.
 *
 * @param database an open database
 * @param path its file, for messages
 * @throws {HistoryError} if it is the database of another program
 */
export function refuseForeign(database: DatabaseSync, path: string): void {
  // Both are read in one transaction, since another program may be creating the history.
  database.exec("BEGIN");
  const version = versionOf(database);
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  database.exec("COMMIT");
  const isOwn = tables.some(({ name }) => name === "runs");
  if (version === 0 ? tables.length === 0 : isOwn) return;
  throw new HistoryError(`${path} is not a history but another database: name another file`);
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
}
