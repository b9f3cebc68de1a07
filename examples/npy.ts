/**
 * Reads and writes float32 arrays as `.npy` files. A port needs no more than this to take part in a comparison.
 *
 * @module
 */

/** An array in C order. */
export interface FloatArray {
  /** Length of each axis. */
  readonly shape: readonly number[];
  /** Elements, the last axis contiguous. */
  readonly data: Float32Array;
}

/**
 * Reads an array.
 *
 * @param path a file of `numpy.save` with float32 in C order
 */
export async function readNpy(path: string): Promise<FloatArray> {
  const { buffer } = new Uint8Array(await Deno.readFile(path));
  const headerBytes = new DataView(buffer).getUint16(8, true);
  const header = new TextDecoder().decode(new Uint8Array(buffer, 10, headerBytes));
  const [, shape] = /'<f4', 'fortran_order': False, 'shape': \(([\d, ]*)\)/.exec(header) ?? [];
  if (shape === undefined) throw new Error(`${path}: expected float32 in C order, not ${header}`);
  return {
    shape: shape.split(",").filter((length) => length.trim() !== "").map(Number),
    data: new Float32Array(buffer, 10 + headerBytes),
  };
}

/**
 * Writes an array as `numpy.save` does.
 *
 * @param path the file, ending in `.npy`
 * @param array the array
 */
export async function writeNpy(path: string, { shape, data }: FloatArray): Promise<void> {
  const tuple = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const padded = header.padEnd(64 * Math.ceil((header.length + 11) / 64) - 11) + "\n";
  const start = new Uint8Array([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, 0, 0]);
  new DataView(start.buffer).setUint16(8, padded.length, true);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  await Deno.writeFile(path, await new Blob([start, padded, bytes as BlobPart]).bytes());
}

/** Seams that a program computed or was given, and the times of its stages. */
export class Seams {
  readonly #out: string;
  readonly #given: string;
  readonly #lines: string[] = [];

  /**
   * Refers to the folders of a run.
   *
   * @param out the harness's `{out}`
   * @param given the harness's `{seams}`
   */
  constructor(out: string, given: string) {
    this.#out = out;
    this.#given = given;
  }

  /**
   * Runs a stage, writes what it makes, and notes its time.
   *
   * @param name name of the stage
   * @param run computes its seams
   * @returns for each seam what the following stages start from: the given array, where there is one
   */
  async stage<Name extends string>(
    name: string,
    run: () => Promise<Record<Name, FloatArray>> | Record<Name, FloatArray>,
  ): Promise<Record<Name, FloatArray>> {
    const start = performance.now() / 1000;
    const made = await run();
    this.#lines.push(JSON.stringify({ stage: name, start, end: performance.now() / 1000 }));
    for (const seam of Object.keys(made) as Name[]) {
      await writeNpy(`${this.#out}/${seam}.npy`, made[seam]);
      made[seam] = await readNpy(`${this.#given}/${seam}.npy`).catch((error) => {
        if (error instanceof Deno.errors.NotFound) return made[seam];
        throw error;
      });
    }
    await Deno.writeTextFile(`${this.#out}/timings.jsonl`, this.#lines.join("\n") + "\n");
    return made;
  }
}
