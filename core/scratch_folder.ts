/**
 * A temporary folder that is removed on every exit path.
 *
 * @module
 */

import { interruptible } from "./interruption.ts";

/**
 * Makes a temporary folder for a piece of work, and removes it when the work or the program ends.
 *
 * @param prefix beginning of the folder's name
 * @param work receives the path of the folder
 * @returns the result of `work`
 */
export async function withScratchFolder<Result>(
  prefix: string,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await Deno.makeTempDir({ prefix });
  const remove = (): void => Deno.removeSync(folder, { recursive: true });
  try {
    return await interruptible(remove, () => work(folder));
  } finally {
    remove();
  }
}
