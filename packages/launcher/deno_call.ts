/**
 * How the launcher calls Deno. Runs under Node as well, for the launcher.
 *
 * @module
 */

import { GLIBC_SETTINGS, HEAP_OPTION } from "../../core/batch_memory.ts";
import { permissionOptions, permissionsOf } from "./permissions.ts";

/** Environment variables; undefined is none. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the arguments of Deno.
 *
 * @param args arguments of the program
 * @param main path of the program's main module
 * @param libraries files and folders of the libraries that the program may load, if its command may load any
 */
export function denoArguments(
  args: readonly string[],
  main: string,
  libraries: readonly string[],
): string[] {
  return [
    ...["run", "--quiet", "--no-config", "--no-lock", "--no-prompt", "--no-remote"],
    ...["--node-modules-dir=manual", ...permissionOptions(permissionsOf(args), libraries)],
    ...(args[0] === "analyze" ? [HEAP_OPTION] : []),
    ...[main, ...args],
  ];
}

/**
 * Returns the environment of Deno.
 *
 * @param args arguments of the program
 * @param environment that of the launcher
 */
export function denoEnvironment(args: readonly string[], environment: Environment): Environment {
  const { TACTUS_CWD: _, ...kept } = environment;
  return {
    ...(args[0] === "analyze" ? GLIBC_SETTINGS : {}),
    ...kept,
    ...{ DENO_NO_UPDATE_CHECK: "1", TACTUS_LAUNCHED: "1" },
  };
}
