/**
 * Stores the runs of one or several machines in one SQLite file.
 *
 * Every measurement is written in a transaction of its own: an interrupted program loses no measurement.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { reasonOf } from "../core/reason.ts";
import { HistoryError, migrate, refuseForeign } from "./history_schema.ts";
import type { Measurement, ParityFigure, QualityFigure, RunReport } from "./run_report.ts";

/** Time that a program waits while another program writes. */
const BUSY_MILLISECONDS = 20_000;

type Row = Record<string, SQLOutputValue>;

/** A run at its start, without its measurements. */
export type RunHeader = Omit<RunReport, "measurements" | "parity" | "quality" | "finishedAt">;

/** A run at its start, without its id and time. */
export type NewRun = Omit<RunHeader, "id" | "startedAt" | "confirms">;

/** Selection of runs. */
export interface RunFilter {
  /** Fingerprint of the machine; any machine if absent. */
  readonly fingerprint?: string;
  /** Time before which the runs started, ISO 8601; any time if absent. */
  readonly before?: string;
  /** Number of the newest runs; all if absent. */
  readonly last?: number;
  /** Whether interrupted runs and reruns that confirm others are included; false by default. */
  readonly all?: boolean;
}

/** An open history. Close it after use. */
export class History {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /**
   * Opens a history, and creates it if there is none.
   *
   * @param path the file; its folder is created if it is missing
   * @throws {HistoryError} if the file is not a history, or was written by a newer program
   */
  static async open(path: string): Promise<History> {
    let database: DatabaseSync | undefined;
    try {
      mkdirSync(dirname(path), { recursive: true });
      database = new DatabaseSync(path, {
        timeout: BUSY_MILLISECONDS,
        enableForeignKeyConstraints: true,
      });
      refuseForeign(database, path);
      await intoWriteAheadMode(database);
      migrate(database, path);
      return new History(database);
    } catch (cause) {
      database?.close();
      if (cause instanceof HistoryError) throw cause;
      throw new HistoryError(`Cannot open the history ${path}: ${reasonOf(cause)}`, {
        cause,
      });
    }
  }

  /** Adds a run that has measured nothing yet. */
  begin(run: RunHeader): void {
    this.#insert({ ...run, finishedAt: null, measurements: [], parity: [], quality: [] });
  }

  /**
   * Adds a measurement to a run.
   *
   * @throws {HistoryError} if there is no such run, or it has this measurement already
   */
  addMeasurement(id: string, measurement: Measurement): void {
    this.#update(id, (run) => {
      const measurements = [...run.measurements, measurement];
      refuseRepeated(id, measurements);
      return { ...run, measurements };
    });
  }

  /** Sets the figures of `parity` at the commit of a run. */
  setParity(id: string, parity: readonly ParityFigure[]): void {
    this.#update(id, (run) => ({ ...run, parity }));
  }

  /** Sets the figures of `evaluate` at the commit of a run. */
  setQuality(id: string, quality: readonly QualityFigure[]): void {
    this.#update(id, (run) => ({ ...run, quality }));
  }

  /** Marks a part of a nightly run as finished. */
  finishPart(run: string, part: string): void {
    this.#change(
      "UPDATE runs SET finished_parts = json_insert(finished_parts, '$[#]', ?) WHERE id = ?",
      part,
      run,
    );
  }

  /** Returns the finished parts of a nightly run. */
  finishedParts(run: string): Set<string> {
    const row = this.#one("SELECT finished_parts AS parts FROM runs WHERE id = ?", run);
    return new Set(JSON.parse(String(row?.["parts"] ?? "[]")));
  }

  /** Marks a run as finished. */
  finish(id: string, finishedAt: string): void {
    this.#update(id, (run) => ({ ...run, finishedAt }));
  }

  /**
   * Returns runs, oldest first.
   *
   * @param filter selection; by default all runs that are finished and confirm no other
   */
  runs(filter: RunFilter = {}): RunReport[] {
    const rows = this.#all(
      `SELECT document FROM (
         SELECT document, started_at, id FROM runs
         WHERE (?1 IS NULL OR fingerprint = ?1)
           AND (?2 IS NULL OR started_at < ?2)
           AND (?3 OR finished_at IS NOT NULL AND confirms IS NULL)
         ORDER BY started_at DESC, id LIMIT ?4
       ) ORDER BY started_at, id DESC`,
      filter.fingerprint ?? null,
      filter.before ?? null,
      filter.all ? 1 : 0,
      filter.last ?? -1,
    );
    return rows.map(reportIn);
  }

  /** Returns one run, or undefined if there is none of this id. */
  run(id: string): RunReport | undefined {
    const row = this.#one("SELECT document FROM runs WHERE id = ?", id);
    return row && reportIn(row);
  }

  /** Returns the rerun that confirms a run, or undefined if there is none. */
  confirmationOf(id: string): RunReport | undefined {
    const row = this.#one(
      "SELECT document FROM runs WHERE confirms = ? ORDER BY started_at DESC",
      id,
    );
    return row && reportIn(row);
  }

  /**
   * Adds a whole run.
   *
   * @returns whether the run was added; a stored run with the same id is not changed
   * @throws {HistoryError} if the run has a measurement twice
   */
  import(run: RunReport): boolean {
    refuseRepeated(run.id, run.measurements);
    return this.#whole(() => {
      if (this.#one("SELECT 1 AS found FROM runs WHERE id = ?", run.id)) return false;
      this.#insert(run);
      return true;
    });
  }

  /**
   * Removes runs, but never the pinned one.
   *
   * @param before time before which removed runs started, ISO 8601
   * @returns the number of removed runs
   */
  prune(before: string): number {
    return this.#change(
      "DELETE FROM runs WHERE started_at < ? AND id NOT IN (SELECT run FROM pin)",
      before,
    );
  }

  /**
   * Chooses the run of `pinned` baselines.
   *
   * @param id the run; null for none
   * @throws {HistoryError} if there is no such run, or it was interrupted or confirms another
   */
  pin(id: string | null): void {
    const run = id === null ? undefined : this.run(id);
    if (id !== null && run === undefined) {
      throw new HistoryError(`There is no run ${id} in the history`);
    }
    if (run !== undefined && (run.finishedAt === null || run.confirms !== undefined)) {
      throw new HistoryError(
        `The run ${id} was interrupted or confirms another run: pin a complete run`,
      );
    }
    this.#whole(() => {
      this.#change("DELETE FROM pin");
      if (id !== null) this.#change("INSERT INTO pin (only, run) VALUES (1, ?)", id);
    });
  }

  /** Returns the id of the pinned run; null if none is pinned. */
  pinned(): string | null {
    const row = this.#one("SELECT run FROM pin");
    return row === undefined ? null : String(row["run"]);
  }

  /**
   * Returns the runs that a run is compared with: those before it and, even if it is later, the pinned one.
   *
   * @param run run to be compared
   */
  comparedWith(run: RunReport): { before: RunReport[]; history: RunReport[]; pinned?: string } {
    const before = this.runs({ before: run.startedAt });
    const pinned = this.pinned();
    if (pinned === null) return { before, history: before };
    const isThere = before.some(({ id }) => id === pinned);
    const history = isThere ? before : [...before, this.run(pinned)!];
    return { before, history, pinned };
  }

  /** Closes the file. */
  close(): void {
    this.#database.close();
  }

  #insert(run: RunReport): void {
    this.#change("INSERT INTO runs (id, document) VALUES (?, ?)", run.id, JSON.stringify(run));
  }

  /** Rewrites a document in one transaction. */
  #update(id: string, change: (run: RunReport) => RunReport): void {
    this.#whole(() => {
      const run = this.run(id);
      if (run === undefined) throw new HistoryError(`There is no run ${id} in the history`);
      const document = JSON.stringify(change(run));
      this.#change("UPDATE runs SET document = ? WHERE id = ?", document, id);
    });
  }

  #whole<Result>(work: () => Result): Result {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #change(sql: string, ...values: (string | number | null)[]): number {
    return Number(this.#database.prepare(sql).run(...values).changes);
  }

  #one(sql: string, ...values: (string | number | null)[]): Row | undefined {
    return this.#database.prepare(sql).get(...values);
  }

  #all(sql: string, ...values: (string | number | null)[]): Row[] {
    return this.#database.prepare(sql).all(...values);
  }
}

function reportIn(row: Row): RunReport {
  return JSON.parse(String(row["document"]));
}

/** Allows readers next to one writer. SQLite itself does not wait while another program changes the mode. */
async function intoWriteAheadMode(database: DatabaseSync): Promise<void> {
  const giveUpAt = performance.now() + BUSY_MILLISECONDS;
  for (;;) {
    try {
      // Freed pages are returned at once: VACUUM needs more permissions than the program has.
      database.exec("PRAGMA auto_vacuum = FULL");
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      return;
    } catch (error) {
      const isBusy = /locked|busy/i.test((error as Error).message);
      if (!isBusy || performance.now() > giveUpAt) throw error;
      await sleep(20);
    }
  }
}

/** Returns a text that is the same for two measurements of one round of one track with one variant. */
export function measurementKey(
  { variant, track, round }: Pick<Measurement, "variant" | "track" | "round">,
): string {
  return JSON.stringify([variant, track, round]);
}

function refuseRepeated(id: string, measurements: readonly Measurement[]): void {
  const seen = new Set<string>();
  for (const measurement of measurements) {
    const key = measurementKey(measurement);
    if (seen.has(key)) {
      const { variant, track, round } = measurement;
      throw new HistoryError(`The run ${id} has round ${round} of ${track} with ${variant} twice`);
    }
    seen.add(key);
  }
}
