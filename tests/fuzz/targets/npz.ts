/**
 * `.npz` archives: arrays, and the folds that are stored so.
 *
 * @module
 */

import { ModelError } from "../../../models/model_error.ts";
import { readNpzCheckpoint } from "../../../models/readers/npz.ts";
import { NpyError } from "../../../core/npy_error.ts";
import { readNpz } from "../../../core/npz.ts";
import { mutateArchive } from "../archive_mutations.ts";
import { mutateBytes } from "../byte_mutations.ts";
import { allUtf8 } from "../bytes.ts";
import { mutateNpyHeader } from "../npy_mutations.ts";
import { seedFiles } from "../seed_files.ts";
import type { Target } from "../target.ts";
import { SMALL_CONFIGURATION, smallArchive } from "./small_fold.ts";
import { expectSound } from "./tensors.ts";

/** Reads the arrays, and then the same file as a fold. */
export const npzTarget: Target = {
  name: "npz",
  share: 1,
  extension: "npz",
  tokens: allUtf8("PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x06\x06", ".npy", "__proto__"),
  seeds: async () => [
    ...await seedFiles("core/testdata", [".npz"]),
    await smallArchive(),
  ],
  reshape: (seed, random, material) =>
    mutateArchive(
      seed,
      random,
      material,
      (_, bytes) =>
        random.oneIn(2) ? mutateNpyHeader(bytes, random) : mutateBytes(bytes, random, material),
    ),
  read: (input) => {
    for (const [name, array] of readNpz(input)) expectSound(name, array);
    const { tensors } = readNpzCheckpoint("fuzzed", input, SMALL_CONFIGURATION);
    for (const [name, array] of tensors) expectSound(name, array);
  },
  isExpected: (error) => error instanceof NpyError || error instanceof ModelError,
};
