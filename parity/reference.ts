/**
 * The reference of a seam.
 *
 * @module
 */

import type { Sample, SeamArray } from "./compare_arrays.ts";
import type { UpstreamError } from "./report.ts";

/** The reference of a seam. */
export interface Reference {
  /** File that it comes from, for messages. */
  readonly path: string;
  /** Its array: the whole, or elements of it. */
  readonly array: SeamArray;
  /** Error of the reference's own float32 run; null where it is not known. */
  readonly upstreamFloat32: UpstreamError | null;
  /** Number of frames stored, from the first; absent for all. */
  readonly firstFrames?: number;
  /** The whole array of which elements are stored; absent where it is stored whole. */
  readonly sample?: Sample;
}
