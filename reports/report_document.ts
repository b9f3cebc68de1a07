/**
 * Reads and writes runs and reports as JSON.
 *
 * @module
 */

import { firstIssue } from "../core/schema.ts";
import {
  type Decision,
  pinSchema,
  REPORT_SCHEMA,
  type ReportDocument,
  type RunReport,
  runSchema,
} from "./run_report.ts";
import { stageTimes } from "./stage_figures.ts";

/** A line is no run; the message names the first wrong field. */
export class RunReportError extends Error {
  /** Name of the class in printed errors. */
  override name = "RunReportError";
}

/**
 * Returns the document of a run: its times by stage, the run itself, and its decision.
 *
 * @param run measurements
 * @param decision its decision; null for a run that was not compared
 */
export function reportDocument(run: RunReport, decision: Decision | null): ReportDocument {
  const { machine, variants } = run;
  const [threads = null, ...others] = new Set(variants.map(({ threads }) => threads));
  return {
    ...{ schema: REPORT_SCHEMA, run, decision },
    ...{ format: 3, threads: others.length === 0 ? threads : null, machine },
    benches: stageTimes(run),
  };
}

/**
 * Writes the document of a run as JSON; `run_report.schema.json` describes it.
 *
 * @param run measurements
 * @param decision its decision; null for a run that was not compared
 * @returns JSON with a final newline
 * @throws {TypeError} if a number is not finite, which JSON cannot represent
 */
export function reportJson(run: RunReport, decision: Decision | null): string {
  return JSON.stringify(reportDocument(run, decision), finite, 2) + "\n";
}

function finite(key: string, value: unknown): unknown {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  throw new TypeError(
    `Writing a report: expected ${key} to be a finite number, but it is ${value}; ` +
      "write an unknown value as null",
  );
}

/**
 * Reads one line of an exported history, which may come from another machine.
 *
 * @param text a run as JSON, or the choice of the pinned run
 * @throws {RunReportError} if it is no JSON, or not as `history.schema.json` describes it
 */
export function readHistoryLine(text: string): RunReport | { readonly pinned: string } {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (cause) {
    throw new RunReportError(`Expected a run as JSON: ${(cause as Error).message}`, { cause });
  }
  const isPin = typeof line === "object" && line !== null && "pinned" in line;
  const { error, data } = (isPin ? pinSchema : runSchema).safeParse(line);
  if (error === undefined) return data;
  throw new RunReportError(
    `Expected a run as history.schema.json describes it, but found ${firstIssue(error)}`,
  );
}
