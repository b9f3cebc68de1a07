/**
 * A nightly run: parity, timing and evaluation, with a second measurement where the decision is in doubt.
 *
 * @module
 */

import { needsRerun } from "./decide.ts";
import type { History, NewRun } from "./history.ts";
import { newIdentity } from "./measure/new_run.ts";
import { comparedReport, decideRun } from "./compared_report.ts";
import type { RegressionSettings } from "./regression_settings.ts";
import type { ReportView } from "./report_view.ts";
import type { Measurement, RunReport } from "./run_report.ts";

/** A part of a nightly run besides the timing. */
export interface NightlyPart {
  /** Name, as in `--skip`. */
  readonly name: string;
  /** Runs it and returns its figures. */
  run(): Promise<Partial<Pick<RunReport, "parity" | "quality">>>;
}

/** What a nightly run measures. */
export interface NightlySubject {
  /** Runs the rounds that do not count, and returns the run at its start. */
  warmUp(): Promise<NewRun>;
  /**
   * Runs the rounds that count.
   *
   * @param seed seed of their order
   * @param before earlier measurements, which are not repeated
   * @param onMeasurement receives each measurement as soon as it is made
   */
  measure(
    seed: number,
    before: readonly Measurement[],
    onMeasurement: (measurement: Measurement) => void,
  ): Promise<void>;
  /** Parts that run before the rounds. */
  readonly before: readonly NightlyPart[];
  /** Parts that run after the rounds. */
  readonly after: readonly NightlyPart[];
}

/** Subject and settings of a nightly run. */
export interface NightlyOptions {
  /** What is measured. */
  readonly subject: NightlySubject;
  /** Parts that are left out. */
  readonly skipped: ReadonlySet<string>;
  /** Thresholds of the decision. */
  readonly settings: RegressionSettings;
  /** Receives the part that runs. */
  readonly onPart: (name: string) => void;
  /** Receives the run that is continued. */
  readonly onResume: (run: RunReport) => void;
}

/**
 * Runs the missing parts of a nightly run, and decides on it. Each measurement is stored as soon as it is made, so that
 * an interrupted run can continue.
 *
 * @param history history that stores the run; the caller marks the run as finished
 * @param options subject and settings
 * @returns the run, the decision on it, and the runs before it
 * @throws any error of the subject whose part cannot run
 */
export async function nightlyRun(
  history: History,
  options: NightlyOptions,
): Promise<ReportView> {
  return await new NightlyRun(history, options).measured();
}

class NightlyRun {
  readonly #history: History;
  readonly #options: NightlyOptions;

  constructor(history: History, options: NightlyOptions) {
    this.#history = history;
    this.#options = options;
  }

  async measured(): Promise<ReportView> {
    const { subject, settings } = this.#options;
    const found = await subject.warmUp();
    const id = this.#begin(found);
    for (const part of subject.before) await this.#part(id, part);
    await this.#measureRounds(id);
    for (const part of subject.after) await this.#part(id, part);
    const earlier = this.#history.comparedWith(this.#run(id));
    let decision = decideRun(this.#run(id), earlier, settings);
    if (needsRerun(decision)) {
      const confirmation = await this.#confirmation(id, found);
      decision = decideRun(this.#run(id), earlier, settings, confirmation);
    }
    const run = { ...this.#run(id), finishedAt: new Date().toISOString() };
    return comparedReport(run, decision, earlier);
  }

  async #confirmation(id: string, found: NewRun): Promise<RunReport> {
    const own = this.#history.confirmationOf(id)?.id ?? this.#begin(found, id);
    await this.#measureRounds(own);
    this.#history.finish(own, new Date().toISOString());
    return this.#run(own);
  }

  /** Continues an interrupted run, or begins a new one. */
  #begin(found: NewRun, confirms?: string): string {
    const known = this.#history.runs({ all: true });
    const interrupted = resumable(known, found, confirms, Date.now());
    if (interrupted !== undefined) {
      this.#options.onResume(interrupted);
      return interrupted.id;
    }
    const header = { ...found, ...newIdentity(), ...(confirms !== undefined && { confirms }) };
    this.#history.begin(header);
    return header.id;
  }

  async #measureRounds(id: string): Promise<void> {
    const { settings, measurements } = this.#run(id);
    await this.#options.subject.measure(
      settings.seed,
      measurements,
      (measurement) => this.#history.addMeasurement(id, measurement),
    );
  }

  async #part(id: string, { name, run }: NightlyPart): Promise<void> {
    if (this.#options.skipped.has(name) || this.#history.finishedParts(id).has(name)) return;
    this.#options.onPart(name);
    const { parity, quality } = await run();
    if (parity !== undefined) this.#history.setParity(id, parity);
    if (quality !== undefined) this.#history.setQuality(id, quality);
    this.#history.finishPart(id, name);
  }

  #run(id: string): RunReport {
    const run = this.#history.run(id);
    if (run === undefined) throw new Error(`The run ${id} is no longer in the history`);
    return run;
  }
}

/** A run that was interrupted longer ago is not resumed: the machine may have changed. */
const LONGEST_PAUSE_MILLISECONDS = 24 * 60 * 60 * 1000;

/**
 * Returns the newest interrupted run that measured the same; undefined if there is none.
 *
 * The seed may differ, since it only orders measurements. With files that differ from the commit no run is resumed: they
 * may have changed since.
 *
 * @param runs all runs of the history
 * @param wanted the run to be measured
 * @param confirms id of the run that the wanted run confirms; undefined for none
 * @param now milliseconds since 1970
 */
export function resumable(
  runs: readonly RunReport[],
  wanted: NewRun,
  confirms: string | undefined,
  now: number,
): RunReport | undefined {
  if (wanted.program.isModified === true) return undefined;
  return runs.findLast((run) =>
    run.finishedAt === null && run.confirms === confirms &&
    now - Date.parse(run.startedAt) < LONGEST_PAUSE_MILLISECONDS &&
    identity(run) === identity(wanted)
  );
}

function identity(run: NewRun): string {
  const { seed: _, ...settings } = run.settings;
  const { program, machine, versions, tracks, variants } = run;
  return JSON.stringify([program, machine.fingerprint, versions, settings, tracks, variants]);
}
