/**
 * Names of suites and modes. They stand alone, because the help of a command loads nothing else of parity.
 *
 * @module
 */

import type { Mode } from "./report.ts";

/** Names of all suites. The first one needs no download. */
export const SUITES: readonly string[] = ["seeded", "clips", "embedded", "harmonix", "bf16"];

/** Suite of the separation with products in bfloat16. */
export const BF16_SUITE = "bf16";

/** Both modes. */
export const MODES: readonly Mode[] = ["isolated", "chained"];
