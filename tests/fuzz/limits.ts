/**
 * What one case may take.
 *
 * @module
 */

/** The most that a case may take before it counts as a defect. */
export interface Limits {
  /** Seconds that a case may run. */
  readonly caseSeconds: number;
  /** Bytes by which the resident memory may rise during a case. */
  readonly riseBytes: number;
  /** Bytes of resident memory, whatever a single case adds. */
  readonly residentBytes: number;
}

/** Far above what any input of a megabyte needs, so that a slow machine raises no alarm. */
export const DEFAULT_LIMITS: Limits = {
  caseSeconds: 5,
  riseBytes: 512 * 2 ** 20,
  residentBytes: 2 ** 31,
};
