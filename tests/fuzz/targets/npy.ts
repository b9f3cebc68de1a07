/**
 * `.npy` files.
 *
 * @module
 */

import { readNpy, writeNpy } from "../../../core/npy.ts";
import { NpyError } from "../../../core/npy_error.ts";
import { allUtf8 } from "../bytes.ts";
import { emptyArray, mutateNpyHeader } from "../npy_mutations.ts";
import { seedFiles } from "../seed_files.ts";
import { expect, type Target } from "../target.ts";
import { expectSound } from "./tensors.ts";

/** Reads a file, writes what it holds, and reads that again. */
export const npyTarget: Target = {
  name: "npy",
  share: 1,
  extension: "npy",
  tokens: allUtf8("NUMPY", "'descr': ", "'shape': ", "(", ")", "(0,)", "'<f8'", "True", "\n"),
  seeds: async () => [
    ...await seedFiles("core/testdata", [".npy"]),
    ...await seedFiles("fixtures/references/edge_cases", [".npy"], 2_000),
    emptyArray("(0, 9007199254740991)"),
  ],
  reshape: mutateNpyHeader,
  read: (input) => {
    const array = readNpy(input);
    expectSound("the array", array);
    const again = readNpy(writeNpy(array));
    expect(
      again.dtype === array.dtype && again.shape.join() === array.shape.join() &&
        again.data.every((value, i) => Object.is(value, array.data[i])),
      "the array is another after writing and reading it",
    );
  },
  isExpected: (error) => error instanceof NpyError,
};
