/**
 * The version of glibc that a library for Linux needs.
 *
 * @module
 */

import { compareVersions } from "../core/compare_versions.ts";

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
