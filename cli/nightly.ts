/**
 * `nightly`: parity, bench and evaluate, beside the nights before.
 *
 * @module
 */

import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { measureRounds, type TrackBenchOptions, warmUp } from "../reports/measure/track_bench.ts";
import { type HeldLock, tryLockFile } from "../core/file_lock.ts";
import { decide, needsRerun } from "../reports/decide.ts";
import type { Decision } from "../reports/decision.ts";
import { parityFigures, qualityFigures } from "../reports/figures_of_reports.ts";
import { History, type NewRun } from "../reports/history.ts";
import { readRegressionSettings, type RegressionSettings } from "../reports/regression_settings.ts";
import { resumable } from "../reports/resume.ts";
import type { RunReport } from "../reports/run_report.ts";
import { terminalReport } from "../reports/render/terminal.ts";
import { newIdentity, withBench } from "./bench_tracks.ts";
import { nightView } from "./night_view.ts";
import { NIGHTLY_HELP, type NightlyCall, understandNightly } from "./nightly_call.ts";
import { reportOfCommand } from "./report_of_command.ts";
import { exportsIn, writeExports } from "./report_exports.ts";
import { StatusLine } from "./status_line.ts";
import { UsageError } from "../core/usage_error.ts";

/**
 * Runs the command.
 *
 * @param args what follows `nightly` on the command line
 * @returns the exit code: 0, or 1 where something became worse
 * @throws if the call is wrong or something could not run; what was measured so far is kept
 */
export async function nightlyCommand(args: readonly string[]): Promise<number> {
  const call = await understandNightly(args);
  if (call === null) {
    console.log(NIGHTLY_HELP);
    return 0;
  }
  const settings = await readRegressionSettings(call.settings);
  const lock = await lockOf(call.history);
  const status = new StatusLine();
  try {
    const history = await History.open(call.history);
    try {
      return await withBench(call, call.paths, status, async (bench) => {
        const night = new Night(call, history, bench, status);
        const { run, decision, before } = await night.measured(settings);
        const view = nightView(run, decision, before);
        await writeExports(view, exportsIn(call.outputDirectory));
        history.finish(run.id, run.finishedAt!);
        status.clear();
        console.log(terminalReport(view));
        return decision.verdict === "quiet" ? 0 : 1;
      });
    } finally {
      history.close();
    }
  } finally {
    status.clear();
    await lock.release();
  }
}

/** @throws {UsageError} if another night is measured with this history */
async function lockOf(history: string): Promise<HeldLock> {
  await mkdir(dirname(history), { recursive: true });
  const lock = await tryLockFile(`${history}.lock`);
  if (lock !== null) return lock;
  throw new UsageError(
    `Another process measures a night with ${history}: wait until it is done, or name another --history`,
  );
}

/** One night, or the rest of one that was ended. */
class Night {
  readonly #call: NightlyCall;
  readonly #history: History;
  readonly #bench: TrackBenchOptions;
  readonly #status: StatusLine;

  constructor(call: NightlyCall, history: History, bench: TrackBenchOptions, status: StatusLine) {
    this.#call = call;
    this.#history = history;
    this.#bench = bench;
    this.#status = status;
  }

  /**
   * Measures all that is missing, a second time where the decision is in doubt.
   *
   * @param settings when something counts
   * @returns the night, what it comes to, and the nights before it
   */
  async measured(
    settings: RegressionSettings,
  ): Promise<{ run: RunReport; decision: Decision; before: readonly RunReport[] }> {
    const found = await warmUp(this.#bench);
    const id = this.#begun(found);
    await this.#step(id, "parity", async () => {
      const options = this.#call.suites.flatMap((name) => ["--suite", name]);
      this.#history.setParity(id, parityFigures(await this.#run("parity", options)));
    });
    await this.#rounds(id);
    await this.#step(id, "evaluate", async () => {
      const { demixer, model } = found.settings;
      const system = `${demixer === "external" ? "stems" : demixer}/${model}`;
      const report = await this.#run("evaluate", [this.#call.evaluate, "--system", system]);
      this.#history.setQuality(id, qualityFigures(report));
    });
    const { before, history, ...pin } = this.#history.beside(this.#runOf(id));
    let decision = decide(this.#runOf(id), history, settings, pin);
    if (needsRerun(decision)) {
      const confirmation = await this.#confirmed(id, found);
      decision = decide(this.#runOf(id), history, settings, { ...pin, confirmation });
    }
    const run = { ...this.#runOf(id), finishedAt: new Date().toISOString() };
    return { run, decision, before };
  }

  async #confirmed(id: string, found: NewRun): Promise<RunReport> {
    const own = this.#history.confirmationOf(id)?.id ?? this.#begun(found, id);
    await this.#rounds(own);
    this.#history.finish(own, new Date().toISOString());
    return this.#runOf(own);
  }

  /** Goes on with a run, or begins one. */
  #begun(found: NewRun, confirms?: string): string {
    const known = this.#history.runs({ all: true });
    const old = resumable(known, found, confirms, Date.now());
    if (old !== undefined) {
      this.#status.clear();
      console.error(`Going on with the run of ${old.startedAt}, which was ended before its time`);
      return old.id;
    }
    const header = { ...found, ...newIdentity(), ...(confirms !== undefined && { confirms }) };
    this.#history.begin(header);
    return header.id;
  }

  async #rounds(id: string): Promise<void> {
    const { settings, measurements } = this.#runOf(id);
    const options = { ...this.#bench, seed: settings.seed };
    await measureRounds(
      options,
      measurements,
      (measurement) => this.#history.addMeasurement(id, measurement),
    );
  }

  async #step(id: string, name: string, work: () => Promise<void>): Promise<void> {
    if (this.#call.skipped.has(name) || this.#history.finishedSteps(id).has(name)) return;
    this.#status.show(name);
    await work();
    this.#history.finishStep(id, name);
  }

  async #run(command: string, args: readonly string[]): Promise<unknown> {
    const { weightsDir } = this.#call;
    const folder = weightsDir === undefined ? [] : ["--weights-dir", weightsDir];
    return await reportOfCommand(command, [...args, ...folder], join(this.#bench.scratch, command));
  }

  #runOf(id: string): RunReport {
    const run = this.#history.run(id);
    if (run === undefined) throw new Error(`The run ${id} is gone from the history`);
    return run;
  }
}
