/**
 * A folder for one test.
 *
 * @module
 */

/** A fresh folder for one test, removed with everything in it at the end. */
export async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "tactus_test_" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
