/**
 * Weights in safetensors files, with the sizes of the network in their metadata.
 *
 * @module
 */

import { allUtf8, concat } from "../bytes.ts";
import { seededHtdemucsFile } from "../../../models/htdemucs/seeded.ts";
import { ModelError } from "../../../models/model_error.ts";
import { readSafetensors, readSafetensorsCheckpoint } from "../../../models/readers/safetensors.ts";
import { AWKWARD_NUMBERS, mutateWords } from "../text_mutations.ts";
import type { Target } from "../target.ts";
import { expectConsistent } from "./arrays.ts";

/** Length of the header's length. */
const PREFIX_BYTES = 8;

/** Arguments of a network of a few thousand values, as demucs 4.1 writes them. */
const ARGUMENTS = {
  ...{ sources: ["a"], channels: 4, depth: 1, nfft: 32, dconv_comp: 4, bottom_channels: 4 },
  ...{ t_layers: 2, t_heads: 1, t_hidden_scale: 1 },
};

/** Words of the header that have a meaning. */
const WORDS: readonly string[] = [
  ...["__metadata__", "F16", "BF16", "F32", "F64", "I64", "shape", "data_offsets", "dtype"]
    .map((word) => JSON.stringify(word)),
  ...["klass", "args", "kwargs", "structure", "_type", "fraction", "numerator", "null", "{}", "[]"],
];

/** Reads the tensors, and then the same file as a separation network. */
export const safetensorsTarget: Target = {
  name: "safetensors",
  share: 1,
  extension: "safetensors",
  tokens: allUtf8(...WORDS),
  seeds: () => Promise.resolve([seededHtdemucsFile(ARGUMENTS)]),
  // The length of a changed header is put right, so that its content is reached.
  reshape: (file, random) => {
    const end = PREFIX_BYTES + new DataView(file.buffer, file.byteOffset).getUint32(0, true);
    if (end > file.length) return file;
    const words = random.oneIn(2) ? AWKWARD_NUMBERS : WORDS;
    const header = mutateWords(file.slice(PREFIX_BYTES, end), random, words);
    const prefix = new Uint8Array(PREFIX_BYTES);
    new DataView(prefix.buffer).setUint32(0, header.length, true);
    return concat(prefix, header, file.subarray(end));
  },
  read: (input) => {
    for (const [name, array] of readSafetensors(input)) expectConsistent(name, array);
    const { tensors } = readSafetensorsCheckpoint("fuzzed", input);
    for (const [name, array] of tensors) expectConsistent(name, array);
  },
  isExpected: (error) => error instanceof ModelError,
};
