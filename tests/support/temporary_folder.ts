/**
 * Temporary folders for tests.
 *
 * @module
 */

/** Returns the result of `work`, which gets a new folder; it is removed with its content at the end. */
export async function inTemporaryFolder<Result>(
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await Deno.makeTempDir({ prefix: "tactus_test_" });
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
