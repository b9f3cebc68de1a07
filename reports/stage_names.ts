/**
 * The rows of a report.
 *
 * @module
 */

import { STAGES } from "../pipeline/stages.ts";
import { TOTAL } from "./run_report.ts";

/** What is timed, in the order of the data: the start of the process, loading, the pipeline's stages, writing, and all. */
export const STAGE_NAMES: readonly string[] = [
  "start",
  "demixer weights",
  "weights",
  "decode",
  ...STAGES.map(({ name }) => name),
  "write",
  TOTAL,
];
