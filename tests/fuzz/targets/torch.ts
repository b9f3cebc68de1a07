/**
 * Torch files: zip archives with a restricted pickle.
 *
 * @module
 */

import { zipSync } from "fflate";
import { allUtf8, type Bytes, concat, utf8 } from "../bytes.ts";
import { ModelError } from "../../../models/model_error.ts";
import { readPthCheckpoint } from "../../../models/readers/torch.ts";
import { readTorchFile, TorchTensor } from "../../../models/torch/torch_file.ts";
import { mutateArchive } from "../archive_mutations.ts";
import { mutateBytes } from "../byte_mutations.ts";
import { mutatePickle } from "../pickle_mutations.ts";
import { seedFiles, type Target } from "../target.ts";
import { expectConsistent } from "./arrays.ts";

/** Values, each as the opcode that pushes it. */
const SETTINGS: readonly (readonly [name: string, value: Bytes])[] = [
  ["fold", Uint8Array.of(0x4b, 3)],
  ["depth", Uint8Array.of(0x4b, 1)],
  ["hop_size", Uint8Array.of(0x4d, 0xb9, 1)],
  ["sample_rate", Uint8Array.of(0x4a, 0x44, 0xac, 0, 0)],
  ["mlp_ratio", Uint8Array.of(0x47, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0)],
  ["qkv_bias", Uint8Array.of(0x88)],
  ["act_conv", text("elu")],
  ["best_threshold_beat", utf8("N")],
  ["data", concat(utf8("}"), text("num_labels"), Uint8Array.of(0x4b, 2), utf8("s"))],
];

function text(value: string): Bytes {
  const bytes = utf8(value);
  return concat(Uint8Array.of(0x58, bytes.length, 0, 0, 0), bytes);
}

/** Returns the file `{"config": {...}, "state_dict": {}}`, which has most of the opcodes that are damaged. */
function configurationAlone(): Bytes {
  const pickle = concat(
    Uint8Array.of(0x80, 2),
    utf8("}("),
    text("config"),
    utf8("}("),
    ...SETTINGS.flatMap(([name, value]) => [text(name), value]),
    utf8("u"),
    text("state_dict"),
    utf8("}u."),
  );
  const packed = zipSync({ "archive/data.pkl": pickle }, { level: 0, mtime: new Date(1980, 0, 1) });
  return new Uint8Array(packed);
}

/** Reads all values of the file, and then the same file as a fold. */
export const torchTarget: Target = {
  name: "torch",
  share: 2,
  extension: "pth",
  tokens: allUtf8("PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "data.pkl", "ctorch\nFloatStorage\n"),
  seeds: async () => [
    ...await seedFiles("models/testdata", /\.pth?$/),
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
        if (item instanceof TorchTensor) expectConsistent(String(name), item.tensor);
      }
    }
    const { tensors } = readPthCheckpoint("fuzzed", input);
    for (const [name, array] of tensors) expectConsistent(name, array);
  },
  isExpected: (error) => error instanceof ModelError,
};
