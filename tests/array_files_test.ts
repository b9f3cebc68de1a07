/** Compares the arrays that analyze writes with the files that allin1 itself wrote for the same stems. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { readNpy } from "../core/npy.ts";
import { readNpz } from "../core/npz.ts";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { compare } from "../parity/compare.ts";
import { tactus } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

const FOLDER = join(FIXTURES_FOLDER, "references", "array_files");

/** Tolerance of float seams. */
const SEAM = 1e-6;

interface StoredArray {
  readonly file: "activ.npz" | "embed.npy";
  readonly key: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly isFortranOrder: boolean;
  /** Of the values in the order of the file, those at multiples of this are stored. */
  readonly stride: number;
  readonly values: number;
  /** Largest errors of the file against the network in float64. */
  readonly float64Difference: { readonly minTolerance: number };
}

const { piece, models } = JSON.parse(await Deno.readTextFile(join(FOLDER, "case.json"))) as {
  piece: string;
  models: Record<string, { path: string; sha256: string; arrays: StoredArray[] }>;
};

for (const [model, { path, sha256, arrays }] of Object.entries(models)) {
  Deno.test(`the arrays of ${model} are those that allin1 writes`, async () => {
    const bytes = await Deno.readFile(join(FOLDER, path));
    equal(createHash("sha256").update(bytes).digest("hex"), sha256);
    const stored = readNpy(bytes).data as Float32Array;
    await inTemporaryFolder(async (folder) => {
      const stems = join(FIXTURES_FOLDER, "audio", piece);
      const args = ["analyze", "--stems-dir", stems, "-m", model, "-a", "-e", "-o", folder];
      const { code, stderr } = await tactus(args);
      equal(code, 0, stderr);
      const read = (ending: string): Promise<Uint8Array> =>
        Deno.readFile(join(folder, `${piece}.${ending}`));
      const npz = readNpz(await read("activ.npz"));
      equal([...npz.keys()], arrays.flatMap(({ key }) => key === "" ? [] : [key]));
      const embeddings = readNpy(await read("embed.npy"));
      let start = 0;
      for (const { file, key, shape, dtype, isFortranOrder, stride, values, ...rest } of arrays) {
        const found = file === "activ.npz" ? npz.get(key)! : embeddings;
        // The reader gives C order, and upstream writes it too.
        equal([found.shape, found.dtype, dtype, isFortranOrder], [shape, "f32", "<f4", false]);
        const some = (data: Float32Array): Tensor<"f32"> => tensor("f32", [values], data);
        const expected = some(stored.slice(start, start + values));
        const actual = some(Float32Array.from(
          { length: values },
          (_, at) => (found.data as Float32Array)[at * stride]!,
        ));
        // The file is off by upstream's own error in float32, the program by at most the tolerance of the seam.
        const tolerance = SEAM + rest.float64Difference.minTolerance;
        const limits = { absolute: tolerance, relative: tolerance };
        const { passed, reason } = compare(actual, expected, limits);
        ok(passed, `${file} ${key}: ${reason}`);
        start += values;
      }
      equal(start, stored.length);
    });
  });
}
