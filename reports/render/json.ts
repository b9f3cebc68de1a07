/**
 * A report as it is written to disk; `run_report.schema.json` describes it.
 *
 * @module
 */

import type { Decision } from "../decision.ts";
import type { RunReport } from "../run_report.ts";

/** `$id` of the schema; the number is the format. */
export const REPORT_SCHEMA = "urn:tactus:report:1";

/** What is written to disk. */
export interface ReportDocument {
  /** Which schema it follows. */
  readonly schema: typeof REPORT_SCHEMA;
  /** What was measured. */
  readonly run: RunReport;
  /** What it comes to; null where nobody decided. */
  readonly decision: Decision | null;
}

/**
 * A run and what it comes to, as JSON.
 *
 * @param run what was measured
 * @param decision what it comes to; null where nobody decided
 * @returns JSON with a final newline
 * @throws {TypeError} if a number is not finite, since JSON has no way to write it
 */
export function reportJson(run: RunReport, decision: Decision | null): string {
  const document: ReportDocument = { schema: REPORT_SCHEMA, run, decision };
  return JSON.stringify(document, finite, 2) + "\n";
}

function finite(key: string, value: unknown): unknown {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  throw new TypeError(
    `Writing a report: expected ${key} to be a finite number, but it is ${value}; ` +
      "what is not known is null",
  );
}
