/**
 * All runs of a machine or of many, in one SQLite file.
 *
 * Every measurement is a transaction of its own: whatever ends the program, what was measured is kept.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { HistoryError, migrate, refuseForeign } from "./history_schema.ts";
import type {
  Measurement,
  ParityFigure,
  QualityFigure,
  RunReport,
  StageMeasurement,
} from "./run_report.ts";

/** How long one program waits for another that writes. */
const BUSY_MILLISECONDS = 20_000;

type Row = Record<string, SQLOutputValue>;

/** A run as it begins: without what it will measure. */
export type RunHeader = Omit<RunReport, "measurements" | "parity" | "quality" | "finishedAt">;

/** A run as it begins, but for its name and time. */
export type NewRun = Omit<RunHeader, "id" | "startedAt" | "confirms">;

/** Which runs are wanted. */
export interface RunFilter {
  /** Only those of this machine. */
  readonly fingerprint?: string;
  /** Only those that started before, ISO 8601. */
  readonly before?: string;
  /** Only the newest so many. */
  readonly last?: number;
  /** Also those that were ended before their time and those that confirm others; not unless told. */
  readonly all?: boolean;
}

/** A history that is open. Close it. */
export class History {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /**
   * Opens a history, and makes it where there is none.
   *
   * @param path the file; its folder is made when it is missing
   * @throws {HistoryError} if the file is no history, or of a newer program
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
      throw new HistoryError(`Cannot open the history ${path}: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  /** Adds a run that has measured nothing yet. */
  begin(run: RunHeader): void {
    this.#insertRun({ ...run, finishedAt: null });
  }

  /** Adds a measurement to a run. */
  addMeasurement(run: string, measurement: Measurement): void {
    this.#whole(() => {
      const row = this.#one(
        "SELECT coalesce(max(number) + 1, 0) AS number FROM measurements WHERE run = ?",
        run,
      );
      this.#insertMeasurement(run, Number(row?.["number"]), measurement);
    });
  }

  /** Sets what `parity` found at the commit of a run. */
  setParity(run: string, figures: readonly ParityFigure[]): void {
    this.#whole(() => {
      this.#change("DELETE FROM parity WHERE run = ?", run);
      this.#insertParity(run, figures);
    });
  }

  /** Sets what `evaluate` found at the commit of a run. */
  setQuality(run: string, figures: readonly QualityFigure[]): void {
    this.#whole(() => {
      this.#change("DELETE FROM quality WHERE run = ?", run);
      this.#insertQuality(run, figures);
    });
  }

  /** Notes that a part of a nightly run is finished. */
  finishStep(run: string, step: string): void {
    this.#change("INSERT OR IGNORE INTO steps (run, step) VALUES (?, ?)", run, step);
  }

  /** The parts of a nightly run that are finished. */
  finishedSteps(run: string): Set<string> {
    return new Set(
      this.#all("SELECT step FROM steps WHERE run = ?", run).map(({ step }) => String(step)),
    );
  }

  /** Notes that a run is finished. */
  finish(run: string, finishedAt: string): void {
    this.#change("UPDATE runs SET finished_at = ? WHERE id = ?", finishedAt, run);
  }

  /**
   * Runs, oldest first.
   *
   * @param filter which; all that are finished and confirm no other unless told
   */
  runs(filter: RunFilter = {}): RunReport[] {
    const rows = this.#all(
      `SELECT * FROM (
         SELECT * FROM runs
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
    return rows.map((row) => this.#report(row));
  }

  /** One run; undefined where there is none of this id. */
  run(id: string): RunReport | undefined {
    const row = this.#one("SELECT * FROM runs WHERE id = ?", id);
    return row && this.#report(row);
  }

  /** The run that was made to confirm another; undefined where there is none. */
  confirmationOf(id: string): RunReport | undefined {
    const row = this.#one("SELECT * FROM runs WHERE confirms = ? ORDER BY started_at DESC", id);
    return row && this.#report(row);
  }

  /**
   * Adds a whole run.
   *
   * @returns whether it was added: one whose id is there already is left alone
   */
  import(report: RunReport): boolean {
    return this.#whole(() => {
      if (this.#one("SELECT 1 AS found FROM runs WHERE id = ?", report.id)) return false;
      this.#insertRun(report);
      for (const [number, measurement] of report.measurements.entries()) {
        this.#insertMeasurement(report.id, number, measurement);
      }
      this.#insertParity(report.id, report.parity);
      this.#insertQuality(report.id, report.quality);
      return true;
    });
  }

  /**
   * Removes runs, but never the pinned one.
   *
   * @param before those that started before, ISO 8601
   * @returns how many were removed
   */
  prune(before: string): number {
    return this.#change(
      "DELETE FROM runs WHERE started_at < ? AND id NOT IN (SELECT run FROM pin)",
      before,
    );
  }

  /**
   * Chooses the run that `pinned` baselines mean; none for null.
   *
   * @throws {HistoryError} if there is no such run
   */
  pin(id: string | null): void {
    const run = id === null ? undefined : this.#one("SELECT * FROM runs WHERE id = ?", id);
    if (id !== null && run === undefined) {
      throw new HistoryError(`There is no run ${id} in the history`);
    }
    if (run !== undefined && (run["finished_at"] === null || run["confirms"] !== null)) {
      throw new HistoryError(
        `The run ${id} was ended early or confirms another: pin one that is whole`,
      );
    }
    this.#whole(() => {
      this.#change("DELETE FROM pin");
      if (id !== null) this.#change("INSERT INTO pin (only, run) VALUES (1, ?)", id);
    });
  }

  /**
   * What a night is decided beside: the nights before it and, though it may be later, the pinned one.
   *
   * @param run the night
   */
  beside(run: RunReport): { before: RunReport[]; history: RunReport[]; pinned?: string } {
    const before = this.runs({ before: run.startedAt });
    const pinned = this.pinned();
    if (pinned === null) return { before, history: before };
    const isThere = before.some(({ id }) => id === pinned);
    const history = isThere ? before : [...before, this.run(pinned)!];
    return { before, history, pinned };
  }

  /** Id of the pinned run; null where none is. */
  pinned(): string | null {
    const row = this.#one("SELECT run FROM pin");
    return row === undefined ? null : String(row["run"]);
  }

  /** Closes the file. */
  close(): void {
    this.#database.close();
  }

  #insertRun(run: RunHeader & Pick<RunReport, "finishedAt">): void {
    this.#change(
      `INSERT INTO runs (id, started_at, finished_at, confirms, fingerprint, program, machine,
         versions, settings, tracks, variants) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[run.id, run.startedAt, run.finishedAt, run.confirms ?? null, run.machine.fingerprint],
      ...[run.program, run.machine, run.versions, run.settings, run.tracks, run.variants]
        .map((value) => JSON.stringify(value)),
    );
  }

  #insertMeasurement(run: string, number: number, measurement: Measurement): void {
    const { variant, track, round, seconds, cpuSeconds, peakBytes, bytesRead } = measurement;
    this.#change(
      `INSERT INTO measurements (run, number, variant, track, round, seconds, cpu_seconds,
         peak_bytes, bytes_read) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[run, number, variant, track, round, seconds, cpuSeconds, peakBytes, bytesRead],
    );
    for (const [position, stage] of measurement.stages.entries()) {
      this.#change(
        `INSERT INTO stages (run, number, position, stage, start, end, cpu_seconds, peak_bytes,
           bytes_read) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[run, number, position, stage.stage, stage.start, stage.end],
        ...[stage.cpuSeconds, stage.peakBytes, stage.bytesRead],
      );
    }
  }

  #insertParity(run: string, figures: readonly ParityFigure[]): void {
    for (const one of figures) {
      this.#change(
        `INSERT INTO parity (run, suite, piece, mode, stage, seam, verdict, needs, allowed, upstream)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[run, one.suite, one.piece, one.mode, one.stage, one.seam, one.verdict],
        ...[one.needs, one.allowed, one.upstream],
      );
    }
  }

  #insertQuality(run: string, figures: readonly QualityFigure[]): void {
    for (const { system, measure, value, tracks } of figures) {
      this.#change(
        "INSERT INTO quality (run, system, measure, value, tracks) VALUES (?, ?, ?, ?, ?)",
        ...[run, system, measure, value, tracks],
      );
    }
  }

  #report(row: Row): RunReport {
    const id = String(row["id"]);
    const parsed = <Key extends keyof RunReport>(column: Key): RunReport[Key] =>
      JSON.parse(String(row[column]));
    return {
      format: 1,
      id,
      ...(row["confirms"] !== null && { confirms: String(row["confirms"]) }),
      startedAt: String(row["started_at"]),
      finishedAt: row["finished_at"] === null ? null : String(row["finished_at"]),
      program: parsed("program"),
      machine: parsed("machine"),
      versions: parsed("versions"),
      settings: parsed("settings"),
      tracks: parsed("tracks"),
      variants: parsed("variants"),
      measurements: this.#measurements(id),
      parity: this.#all(
        `SELECT suite, piece, mode, stage, seam, verdict, needs, allowed, upstream
         FROM parity WHERE run = ? ORDER BY rowid`,
        id,
      ) as unknown as ParityFigure[],
      quality: this.#all(
        "SELECT system, measure, value, tracks FROM quality WHERE run = ? ORDER BY rowid",
        id,
      ) as unknown as QualityFigure[],
    };
  }

  #measurements(run: string): Measurement[] {
    const stages = new Map<number, StageMeasurement[]>();
    const rows = this.#all(
      `SELECT number, stage, start, end, cpu_seconds AS cpuSeconds, peak_bytes AS peakBytes,
         bytes_read AS bytesRead
       FROM stages WHERE run = ? ORDER BY number, position`,
      run,
    );
    for (const { number, ...stage } of rows) {
      const key = Number(number);
      const known = stages.get(key) ?? [];
      known.push(stage as unknown as StageMeasurement);
      stages.set(key, known);
    }
    return this.#all(
      `SELECT number, variant, track, round, seconds, cpu_seconds AS cpuSeconds,
         peak_bytes AS peakBytes, bytes_read AS bytesRead
       FROM measurements WHERE run = ? ORDER BY number`,
      run,
    ).map(({ number, ...measurement }) =>
      ({ ...measurement, stages: stages.get(Number(number)) ?? [] }) as unknown as Measurement
    );
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
    return this.#database.prepare(sql).all(...values).map((row) => ({ ...row }));
  }
}

/** Readers and one writer at a time; SQLite does not wait by itself while another program changes the mode. */
async function intoWriteAheadMode(database: DatabaseSync): Promise<void> {
  const giveUpAt = performance.now() + BUSY_MILLISECONDS;
  for (;;) {
    try {
      // What is freed is given back at once: Deno lets no program compact a database that may not do all.
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
