/**
 * Arrays: `.npy` files, `.npz` archives, and the folds that are stored in them.
 *
 * @module
 */

import { arrayConstructor, elementCount, type Tensor, tensor } from "../../../core/tensor.ts";
import { expect, seedFiles, type Target } from "../target.ts";
import { readPthCheckpoint } from "../../../models/readers/torch.ts";
import { readNpz, writeNpz } from "../../../core/npz.ts";
import { allUtf8, type Bytes } from "../bytes.ts";
import { readNpy, writeNpy } from "../../../core/npy.ts";
import { ArrayError } from "../../../core/array_error.ts";
import { emptyArray, mutateNpyHeader } from "../text_mutations.ts";
import { ModelError } from "../../../models/model_error.ts";
import { readNpzCheckpoint } from "../../../models/readers/npz.ts";
import { mutateArchive } from "../archive_mutations.ts";
import { mutateBytes } from "../byte_mutations.ts";

/** Checks that the number of the elements fits the shape, and their type the claimed one. */
export function expectConsistent(name: string, array: Tensor): void {
  const { dtype, shape, data } = array;
  expect(data instanceof arrayConstructor(dtype), `${name} claims ${dtype} and is ${data}`);
  expect(
    shape.every((length) => Number.isSafeInteger(length) && length >= 0) &&
      data.length === elementCount(shape),
    `${name} has shape [${shape.join(", ")}] and ${data.length} elements`,
  );
}

/** Configuration of the smallest fold. */
export const SMALL_CONFIGURATION =
  "fold: 3\ndepth: 1\ndim_embed: 4\nnum_heads: 2\nmlp_ratio: 1\ndata: {num_instruments: 4, num_labels: 2}\n";

/** Returns the arrays of the smallest fold. The values of convolutions keep their order, which no reader checks. */
export async function smallArchive(): Promise<Bytes> {
  const [file] = await seedFiles("models/testdata", /^small\.pth$/);
  const { tensors } = readPthCheckpoint("small", file!);
  const stored = [...tensors].map(([name, { shape, data }]): [string, Tensor] => {
    const [outputs, inputs, height, width] = shape;
    const isConvolution = shape.length === 4;
    const lastly = isConvolution ? [outputs!, height!, width!, inputs!] : shape;
    return [name, tensor("f32", lastly, data)];
  });
  return new Uint8Array(writeNpz(stored));
}

/** Reads a file, writes the array, and reads it again. */
export const npyTarget: Target = {
  name: "npy",
  share: 1,
  extension: "npy",
  tokens: allUtf8("NUMPY", "'descr': ", "'shape': ", "(", ")", "(0,)", "'<f8'", "True", "\n"),
  seeds: async () => [
    ...await seedFiles("core/testdata", /\.npy$/),
    ...await seedFiles("fixtures/references/edge_cases", /\.npy$/, 2_000),
    emptyArray("(0, 9007199254740991)"),
  ],
  reshape: mutateNpyHeader,
  read: (input) => {
    const array = readNpy(input);
    expectConsistent("the array", array);
    const again = readNpy(writeNpy(array));
    expect(
      again.dtype === array.dtype && again.shape.join() === array.shape.join() &&
        again.data.every((value, i) => Object.is(value, array.data[i])),
      "the array changed when it was written and read again",
    );
  },
  isExpected: (error) => error instanceof ArrayError,
};

/** Reads the arrays, and then the same file as a fold. */
export const npzTarget: Target = {
  name: "npz",
  share: 1,
  extension: "npz",
  tokens: allUtf8("PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x06\x06", ".npy", "__proto__"),
  seeds: async () => [
    ...await seedFiles("core/testdata", /\.npz$/),
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
    for (const [name, array] of readNpz(input)) expectConsistent(name, array);
    const { tensors } = readNpzCheckpoint("fuzzed", input, SMALL_CONFIGURATION);
    for (const [name, array] of tensors) expectConsistent(name, array);
  },
  isExpected: (error) => error instanceof ArrayError || error instanceof ModelError,
};
