/**
 * Everything that reads what it did not write.
 *
 * @module
 */

import type { Target } from "./target.ts";
import { audioTarget } from "./targets/audio.ts";
import { beatsTarget } from "./targets/beats.ts";
import { configurationTarget } from "./targets/configuration.ts";
import { manifestTarget } from "./targets/manifest.ts";
import { npyTarget } from "./targets/npy.ts";
import { npzTarget } from "./targets/npz.ts";
import { torchTarget } from "./targets/torch.ts";

/** The targets, in the order in which they run. */
export const TARGETS: readonly Target[] = [
  npyTarget,
  npzTarget,
  torchTarget,
  configurationTarget,
  manifestTarget,
  audioTarget,
  beatsTarget,
];
