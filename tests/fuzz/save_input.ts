/**
 * Keeping the inputs that something was found with.
 *
 * @module
 */

import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { inputOf, type Target } from "./target.ts";

/** A folder for inputs, made when the first one comes. */
export class InputFolder {
  #directory: Promise<string> | undefined;
  readonly #chosen: string | undefined;

  /** @param chosen the folder; a new temporary one if there is none */
  constructor(chosen: string | undefined) {
    this.#chosen = chosen;
  }

  /**
   * Makes an input anew and writes it to `TARGET-SEED-CASE.ENDING`.
   *
   * @returns the file's path
   */
  async save(target: Target, seed: number, number: number): Promise<string> {
    this.#directory ??= this.#make();
    const input = inputOf(target, await target.seeds(), seed, number);
    const name = `${target.name}-${seed}-${number}.${target.extension}`;
    const path = join(await this.#directory, name);
    await writeFile(path, input);
    return path;
  }

  async #make(): Promise<string> {
    if (this.#chosen === undefined) return await mkdtemp(join(tmpdir(), "tactus_fuzz_inputs_"));
    await mkdir(this.#chosen, { recursive: true });
    return resolve(this.#chosen);
  }
}
