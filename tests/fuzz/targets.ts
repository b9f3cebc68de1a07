/**
 * All targets of the fuzzer: the readers of files that the program did not write itself.
 *
 * @module
 */

import type { Target } from "./target.ts";
import { audioTarget, beatsTarget } from "./targets/kernels.ts";
import { parityFileTarget, referenceListTarget } from "./targets/described.ts";
import { configurationTarget, manifestTarget } from "./targets/texts.ts";
import { npyTarget, npzTarget } from "./targets/arrays.ts";
import { safetensorsTarget } from "./targets/safetensors.ts";
import { tagsTarget } from "./targets/tags.ts";
import { torchTarget } from "./targets/torch.ts";

/** The targets, in the order in which they run. */
export const TARGETS: readonly Target[] = [
  npyTarget,
  npzTarget,
  torchTarget,
  safetensorsTarget,
  configurationTarget,
  manifestTarget,
  parityFileTarget,
  referenceListTarget,
  audioTarget,
  beatsTarget,
  tagsTarget,
];
