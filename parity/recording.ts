/**
 * Recordings of seams: a folder with one `.npy` file for each seam, and `seams.json`, which lists them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { writeWhole } from "../core/files.ts";
import { type SeamName, SEAMS, type Seams } from "../pipeline/seams.ts";
import { npyParts } from "../core/npy.ts";

/** How seams came about. */
export interface RecordingOrigin {
  /** Program and version. */
  readonly program: string;
  /** Absolute path of the mix or of the folder of stems. */
  readonly path: string;
  /** Name of the model. */
  readonly model: string;
  /** Who separated; null where stems were given. */
  readonly demixer: string | null;
  /** Who computed the networks. */
  readonly backend: string;
}

/** A recorded seam. */
export interface RecordedSeam {
  /** Name of its file. */
  readonly file: string;
  /** Element type. */
  readonly dtype: string;
  /** Length of each axis. */
  readonly shape: readonly number[];
  /** Name or length of each axis, as in the table of seams. */
  readonly axes: readonly (number | string)[];
  /** Unit and range of the values. */
  readonly unit: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
}

/**
 * Writes seams, each file whole, and last of all `seams.json`.
 *
 * @param folder where to; made when it is missing
 * @param seams what was computed
 * @param origin how
 * @returns the names of the seams, in the order of the pipeline
 * @throws if a file cannot be written
 */
export async function recordSeams(
  folder: string,
  seams: Partial<Seams>,
  origin: RecordingOrigin,
): Promise<SeamName[]> {
  const names = (Object.keys(SEAMS) as SeamName[]).filter((name) => seams[name] !== undefined);
  const recorded: Partial<Record<SeamName, RecordedSeam>> = {};
  for (const name of names) {
    const tensor = seams[name]!;
    const file = `${name}.npy`;
    const parts = npyParts(tensor);
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    await writeWhole(join(folder, file), parts);
    const { axes, unit } = SEAMS[name];
    recorded[name] = {
      file,
      dtype: tensor.dtype,
      shape: tensor.shape,
      axes,
      unit,
      sha256: hash.digest("hex"),
    };
  }
  const manifest = { format: 1, ...origin, seams: recorded };
  await writeWhole(join(folder, "seams.json"), JSON.stringify(manifest, null, 2) + "\n");
  return names;
}
