/**
 * Folder of files that the program can make or download again. Runs under Node as well, for the launcher.
 *
 * @module
 */

import { join, posix, win32 } from "node:path";
import process from "node:process";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Environment variable that names the cache folder. */
const CACHE_DIR_VARIABLE = "TACTUS_CACHE_DIR";

/**
 * Returns a subfolder of the program's cache folder: the one that `TACTUS_CACHE_DIR` names, or the platform's.
 *
 * @param part name of the subfolder
 * @param environment environment variables
 * @param platform name of the platform, as in Node
 * @returns path, or undefined if the environment does not define one; it need not exist
 */
export function cacheFolder(
  part: string,
  environment: Environment = process.env,
  platform: string = process.platform,
): string | undefined {
  const named = environment[CACHE_DIR_VARIABLE];
  if (named) return join(named, part);
  const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = environment;
  if (platform === "win32") {
    return LOCALAPPDATA ? win32.join(LOCALAPPDATA, "tactus", part) : undefined;
  }
  if (platform === "darwin") {
    return HOME ? posix.join(HOME, "Library", "Caches", "tactus", part) : undefined;
  }
  // According to the XDG base directory specification, relative paths are ignored.
  if (XDG_CACHE_HOME && posix.isAbsolute(XDG_CACHE_HOME)) {
    return posix.join(XDG_CACHE_HOME, "tactus", part);
  }
  return HOME ? posix.join(HOME, ".cache", "tactus", part) : undefined;
}
