/**
 * All faults, in the order of the stages that they are in.
 *
 * They are chosen for being easily made and hardly seen: most change numbers by a little, some by
 * hardly more than the tolerance.
 *
 * @module
 */

import type { Fault } from "./fault.ts";
import { ACTIVATION_FAULTS } from "./faults/activations.ts";
import { DEMIX_FAULTS } from "./faults/demix.ts";
import { FUNCTIONAL_FAULTS } from "./faults/functional.ts";
import { METRICAL_FAULTS } from "./faults/metrical.ts";
import { NETWORK_FAULTS } from "./faults/network.ts";
import { SPECTROGRAM_FAULTS } from "./faults/spectrogram.ts";

/** Every fault that the parity harness has to catch. */
export const FAULTS: readonly Fault[] = [
  ...DEMIX_FAULTS,
  ...SPECTROGRAM_FAULTS,
  ...NETWORK_FAULTS,
  ...ACTIVATION_FAULTS,
  ...METRICAL_FAULTS,
  ...FUNCTIONAL_FAULTS,
];
