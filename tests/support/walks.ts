/**
 * Walks through the stages of the stored references, for tests.
 *
 * @module
 */

import { ok } from "node:assert/strict";
import { FIXTURES_FOLDER } from "../../core/program.ts";
import type { Tensor } from "../../core/tensor.ts";
import { type Manifest, readManifest } from "../../parity/manifest.ts";
import type { Walk } from "../../parity/report.ts";
import { type WalkOptions, walkStage } from "../../parity/walk_stages.ts";

/** The manifest of the stored references. */
export const manifest: Manifest = await readManifest();

/** Options of a walk with the native backend. */
export const options = { directory: FIXTURES_FOLDER, compute: { threads: 2 } } as const;

/** Walks through a stage that has inner seams. */
export async function walked(stage: string, more: Partial<WalkOptions> = {}): Promise<Walk> {
  return (await walkStage(stage, manifest, { ...options, ...more }))!;
}

/** Returns weights with one value of a parameter changed. */
export function damaged<Weights extends { readonly tensors: ReadonlyMap<string, Tensor> }>(
  weights: Weights,
  name: string,
): Weights {
  const parameter = weights.tensors.get(name);
  ok(parameter !== undefined, name);
  const data = parameter.data.slice() as Float32Array;
  data[1]! += 0.01;
  const tensors = new Map(weights.tensors).set(name, { ...parameter, dtype: "f32", data });
  return { ...weights, tensors };
}
