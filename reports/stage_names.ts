/**
 * The rows of a report.
 *
 * @module
 */

import { STAGE_TABLE } from "../pipeline/stages.ts";
import { TOTAL } from "./run_report.ts";

/** Names of all timed stages in the order of the data, then of the whole. */
export const STAGE_NAMES: readonly string[] = [...STAGE_TABLE.map(({ name }) => name), TOTAL];
