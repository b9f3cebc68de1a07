/**
 * The tables of a history, and how an older file becomes a newer one.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";

/** Statements that lead from one version to the next, the first from an empty file. */
export const MIGRATIONS: readonly string[] = [
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
  -- The parts of a nightly run that are finished, so that one that was ended goes on after them.
  CREATE TABLE steps (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    PRIMARY KEY (run, step)
  ) STRICT, WITHOUT ROWID;
  -- At most one row: the baseline that somebody chose.
  CREATE TABLE pin (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE
  ) STRICT;
  `,
  "ALTER TABLE stages ADD COLUMN bytes_read INTEGER",
];

/** A file is newer than this program, or no history. */
export class HistoryError extends Error {
  /** The class's name, for those who read errors as text. */
  override name = "HistoryError";
}

/**
 * Brings a database to the newest version, each step whole or not at all; two programs at once do no harm.
 *
 * @param database an open database
 * @param path its file, for messages
 * @param migrations the steps, the first from an empty file
 * @throws {HistoryError} if it was written by a newer program
 */
export function migrate(
  database: DatabaseSync,
  path: string,
  migrations: readonly string[] = MIGRATIONS,
): void {
  if (versionOf(database) === migrations.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    const version = versionOf(database);
    if (version > migrations.length) {
      throw new HistoryError(
        `${path} is a history of version ${version}, but this program knows versions up to ` +
          `${migrations.length}: use the newer program that wrote it`,
      );
    }
    for (const step of migrations.slice(version)) database.exec(step);
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
 * @throws {HistoryError} if another program keeps something else in it
 */
export function refuseForeign(database: DatabaseSync, path: string): void {
  // Both are read at one moment, as another program may be making the history.
  database.exec("BEGIN");
  const version = versionOf(database);
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  database.exec("COMMIT");
  const isOwn = tables.some(({ name }) => name === "runs");
  if (version === 0 ? tables.length === 0 : isOwn) return;
  throw new HistoryError(`${path} is no history but another database: name another file`);
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
}
