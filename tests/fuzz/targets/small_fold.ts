/**
 * A fold of the smallest sizes in the form of the MLX port, made from the `.pth` file of the tests.
 *
 * @module
 */

import { readPthCheckpoint } from "../../../models/readers/torch.ts";
import { writeNpz } from "../../../core/npz.ts";
import { type Tensor, tensor } from "../../../core/tensor.ts";
import type { Bytes } from "../bytes.ts";
import { seedFiles } from "../seed_files.ts";

/** The configuration that the arrays fit. */
export const SMALL_CONFIGURATION =
  "fold: 3\ndepth: 1\ndim_embed: 4\nnum_heads: 2\nmlp_ratio: 1\ndata: {num_instruments: 4, num_labels: 2}\n";

/** The arrays; the values of convolutions are not put in the order of their axes, which no reader sees. */
export async function smallArchive(): Promise<Bytes> {
  const [file] = await seedFiles("models/testdata", ["small.pth"]);
  const { tensors } = readPthCheckpoint("small", file!);
  const stored = [...tensors].map(([name, { shape, data }]): [string, Tensor] => {
    const [outputs, inputs, height, width] = shape;
    const isConvolution = shape.length === 4;
    const lastly = isConvolution ? [outputs!, height!, width!, inputs!] : shape;
    return [name, tensor("f32", lastly, data)];
  });
  return new Uint8Array(writeNpz(stored));
}
