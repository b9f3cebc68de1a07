/**
 * The version of glibc that a library for Linux needs.
 *
 * @module
 */

/** Newest version of glibc that a published library may need: that of Debian 10, RHEL 8 and Ubuntu 18.10. */
export const NEWEST_GLIBC = "2.28";

/**
 * Returns the newest version of glibc among those that a library names: the names of symbol versions are text in it.
 *
 * @param library bytes of an ELF file
 * @returns a version such as 2.28, or undefined if it names none
 */
export function neededGlibc(library: Uint8Array): string | undefined {
  const text = new TextDecoder("latin1").decode(library);
  const versions = [...text.matchAll(/GLIBC_(\d+\.\d+(?:\.\d+)?)\0/g)].map(([, version]) =>
    version!
  );
  return versions.sort(compareVersions).at(-1);
}

/** Compares versions by their numbers: below zero if the first is older. */
export function compareVersions(first: string, second: string): number {
  const [a, b] = [first, second].map((version) => version.split(".").map(Number));
  for (let at = 0; at < Math.max(a!.length, b!.length); at++) {
    const difference = (a![at] ?? 0) - (b![at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
