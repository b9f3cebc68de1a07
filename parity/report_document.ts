/**
 * Reads reports of parity runs, also those of older versions.
 *
 * @module
 */

import { z } from "zod";
import { firstIssue } from "../core/schema.ts";
import { type ParityReport, parityReportSchema, suiteFormat1Schema } from "./report.ts";

/** A text that is not the report of a parity run. */
export class ParityReportError extends Error {
  /** Name of the class. */
  override name = "ParityReportError";
}

const format1Schema = parityReportSchema.omit({ pipeline: true, timings: true }).extend({
  format: z.literal(1),
  suites: z.array(suiteFormat1Schema),
});

/**
 * Reads a report.
 *
 * @param text JSON, as `deno task parity --export-json` writes it, or wrote it in format 1
 * @returns the report in the present format; fields that format 1 did not have are null or empty
 * @throws {ParityReportError} if it is no report of a known format
 */
export function readParityReport(text: string): ParityReport {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ParityReportError(`The report is not JSON: ${(cause as Error).message}`, { cause });
  }
  const format = (json as { format?: unknown } | null)?.format;
  if (format === 1) {
    const report = parsed(json, format1Schema);
    return {
      ...report,
      ...{ format: 2, pipeline: "tactus" },
      suites: report.suites.map((suite) => ({ ...suite, implementation: null, first: [] })),
    };
  }
  if (format === 2) return parsed(json, parityReportSchema) as ParityReport;
  throw new ParityReportError(
    `Expected the report of a parity run in format 1 or 2, but its format is ${
      JSON.stringify(format) ?? "missing"
    }`,
  );
}

function parsed<Schema extends z.ZodType>(json: unknown, schema: Schema): z.output<Schema> {
  const { data, error } = schema.safeParse(json);
  if (error === undefined) return data;
  throw new ParityReportError(`This is no report of a parity run: ${firstIssue(error)}`);
}
