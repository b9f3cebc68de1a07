/**
 * Names of suites and modes. They stand alone, because the help of a command loads nothing else of parity.
 *
 * @module
 */

import type { Mode } from "./report.ts";

/** Names of all suites. The first one needs no download. */
export const SUITES: readonly string[] = ["seeded", "embedded", "harmonix"];

/** Both modes. */
export const MODES: readonly Mode[] = ["isolated", "chained"];
