/**
 * Torch files: zip archives with a restricted pickle.
 *
 * @module
 */

import { ModelError } from "../../../models/model_error.ts";
import { readPthCheckpoint } from "../../../models/readers/torch.ts";
import { readTorchFile, TorchTensor } from "../../../models/torch/torch_file.ts";
import { mutateArchive } from "../archive_mutations.ts";
import { mutateBytes } from "../byte_mutations.ts";
import { allUtf8 } from "../bytes.ts";
import { mutatePickle } from "../pickle_mutations.ts";
import { seedFiles } from "../seed_files.ts";
import type { Target } from "../target.ts";
import { configurationAlone } from "./small_torch_file.ts";
import { expectSound } from "./tensors.ts";

/** Reads whatever the file holds, and then the same file as a fold. */
export const torchTarget: Target = {
  name: "torch",
  share: 2,
  extension: "pth",
  tokens: allUtf8("PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "data.pkl", "ctorch\nFloatStorage\n"),
  seeds: async () => [
    ...await seedFiles("models/testdata", [".pt", ".pth"]),
    configurationAlone(),
  ],
  reshape: (seed, random, material) =>
    mutateArchive(
      seed,
      random,
      material,
      (name, bytes) =>
        name.endsWith("data.pkl") && !random.oneIn(4)
          ? mutatePickle(bytes, random)
          : mutateBytes(bytes, random, material),
    ),
  read: (input) => {
    const value = readTorchFile(input, { allowedNames: ["collections.Counter"] });
    for (const [name, entry] of value instanceof Map ? value : []) {
      const held = entry instanceof Map ? [...entry.values()] : [entry];
      for (const item of held) {
        if (item instanceof TorchTensor) expectSound(String(name), item.tensor);
      }
    }
    const { tensors } = readPthCheckpoint("fuzzed", input);
    for (const [name, array] of tensors) expectSound(name, array);
  },
  isExpected: (error) => error instanceof ModelError,
};
