/**
 * Temporary folders for tests.
 *
 * @module
 */

/** Runs `work` with a new folder, which is removed with its content at the end. */
export async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "tactus_test_" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
