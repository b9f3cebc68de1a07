/**
 * The rows of a report.
 *
 * @module
 */

import { STAGES } from "../pipeline/stages.ts";
import { TOTAL } from "./run_report.ts";

/** What is timed, in the order of the data: loading, the pipeline's stages, writing, and all of it. */
export const STAGE_NAMES: readonly string[] = [
  "weights",
  "decode",
  ...STAGES.map(({ name }) => name),
  "write",
  TOTAL,
];
