/**
 * Reading a run that another machine measured.
 *
 * @module
 */

import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import schema from "./run_report.schema.json" with { type: "json" };
import type { RunReport } from "./run_report.ts";

/** A line is no run; the message says what is wrong with it. */
export class RunReportError extends Error {
  /** The class's name, for those who read errors as text. */
  override name = "RunReportError";
}

let validate: ValidateFunction | undefined;

/**
 * Reads a run.
 *
 * @param text one run as JSON
 * @throws {RunReportError} if it is no JSON, or not as `run_report.schema.json` describes it
 */
export function readRunReport(text: string): RunReport {
  let run: unknown;
  try {
    run = JSON.parse(text);
  } catch (cause) {
    throw new RunReportError(`Expected a run as JSON: ${(cause as Error).message}`, { cause });
  }
  validate ??= new Ajv2020().addSchema(schema).getSchema(`${schema.$id}#/$defs/run`);
  if (validate === undefined) throw new Error("The schema of reports has no run");
  if (validate(run)) return run as RunReport;
  const [first] = validate.errors ?? [];
  throw new RunReportError(
    `Expected a run as run_report.schema.json describes it, but ${first?.instancePath || "it"} ` +
      `${first?.message}`,
  );
}
