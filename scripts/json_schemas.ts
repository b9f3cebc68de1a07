/**
 * Writes the JSON Schema files from the schemas of the program.
 *
 *     deno run -A scripts/json_schemas.ts
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { doctorSchema } from "../cli/doctor_schema.ts";
import { modelsListSchema } from "../cli/models_list_schema.ts";
import { tracksSchema } from "../cli/tracks_schema.ts";
import { jsonSchemaText } from "../core/schema.ts";
import { differencesSchema } from "../evaluation/differences.ts";
import { evaluationSchema } from "../evaluation/report.ts";
import { parityFileSchema } from "../harness/parity_file.ts";
import { referenceListSchema } from "../harness/reference_folder.ts";
import { backendReportSchema } from "../parity/backend_comparison.ts";
import { recordingDifferenceSchema } from "../parity/diff.ts";
import { recordingSchema } from "../parity/recording.ts";
import { parityReportSchema } from "../parity/report.ts";
import { demixRecordSchema } from "../pipeline/demix_record_schema.ts";
import { spectrogramRecordSchema } from "../pipeline/spectrogram_record_schema.ts";
import { resultSchema } from "../pipeline/result_schema.ts";
import { timingSchema } from "../pipeline/timing_schema.ts";
import { documentSchema, historyLineSchema, REPORT_SCHEMA } from "../reports/run_report.ts";
import { proofSchema } from "../tests/faults/prove.ts";

/** Text of each file by its path in the repository. */
export const JSON_SCHEMAS: ReadonlyMap<string, string> = new Map([
  [
    "pipeline/result.schema.json",
    jsonSchemaText("urn:tactus:result:1", "Result of deno task analyze", resultSchema),
  ],
  [
    "pipeline/demix_record.schema.json",
    jsonSchemaText(
      "urn:tactus:demix-record:1",
      "tactus.json of the stems that deno task analyze --keep-byproducts keeps",
      demixRecordSchema,
    ),
  ],
  [
    "pipeline/spectrogram_record.schema.json",
    jsonSchemaText(
      "urn:tactus:spectrogram-record:1",
      "NAME.tactus.json of the spectrograms that deno task analyze --keep-byproducts keeps",
      spectrogramRecordSchema,
    ),
  ],
  [
    "pipeline/timing.schema.json",
    jsonSchemaText(
      "urn:tactus:timing:1",
      "A line of deno task analyze --timings-path",
      timingSchema,
    ),
  ],
  [
    "reports/run_report.schema.json",
    jsonSchemaText(
      REPORT_SCHEMA,
      "Measurements of a run of bench or nightly and its verdict",
      documentSchema,
    ),
  ],
  [
    "reports/history.schema.json",
    jsonSchemaText("urn:tactus:history:1", "A line of an exported history", historyLineSchema),
  ],
  [
    "evaluation/evaluation_report.schema.json",
    jsonSchemaText(
      "urn:tactus:evaluation:1",
      "Report of deno task evaluate --export-json",
      evaluationSchema,
    ),
  ],
  [
    "parity/render/parity_report.schema.json",
    jsonSchemaText(
      "urn:tactus:parity-report:2",
      "Report of deno task parity and of deno task harness run, --export-json",
      parityReportSchema,
    ),
  ],
  [
    "parity/backend_report.schema.json",
    jsonSchemaText(
      "urn:tactus:backends:1",
      "Report of deno task parity backends --export-json",
      backendReportSchema,
    ),
  ],
  [
    "parity/recording_difference.schema.json",
    jsonSchemaText(
      "urn:tactus:recording-difference:1",
      "Report of deno task parity diff --export-json",
      recordingDifferenceSchema,
    ),
  ],
  [
    "evaluation/result_differences.schema.json",
    jsonSchemaText(
      "urn:tactus:result-differences:1",
      "Report of deno task parity beats --export-json",
      differencesSchema,
    ),
  ],
  [
    "parity/seams.schema.json",
    jsonSchemaText(
      "urn:tactus:seams:1",
      "seams.json of deno task parity record",
      recordingSchema,
    ),
  ],
  [
    "harness/parity_file.schema.json",
    jsonSchemaText(
      "urn:tactus:parity-file:1",
      "parity.toml of deno task harness",
      parityFileSchema,
      "input",
    ),
  ],
  [
    "harness/reference_list.schema.json",
    jsonSchemaText(
      "urn:tactus:references:1",
      "references.json of deno task harness record",
      referenceListSchema,
    ),
  ],
  [
    "cli/doctor.schema.json",
    jsonSchemaText("urn:tactus:doctor:1", "Report of deno task doctor --json", doctorSchema),
  ],
  [
    "cli/models_list.schema.json",
    jsonSchemaText(
      "urn:tactus:models-list:1",
      "List of deno task models list --json",
      modelsListSchema,
    ),
  ],
  [
    "cli/tracks.schema.json",
    jsonSchemaText("urn:tactus:tracks:1", "Tracks of deno task analyze --tracks", tracksSchema),
  ],
  [
    "tests/faults/proof.schema.json",
    jsonSchemaText(
      "urn:tactus:proof:1",
      "Report of deno task parity:prove --export-json",
      proofSchema,
    ),
  ],
]);

if (import.meta.main) {
  for (const [path, text] of JSON_SCHEMAS) {
    await writeFile(new URL(`../${path}`, import.meta.url), text);
  }
}
