/**
 * Permissions of each command. The tasks of `deno.json` have the same, and `docs/install.md` lists them.
 *
 * Runs under Node as well, for the launcher.
 *
 * @module
 */

import { dirname } from "node:path";

/** What a command may do besides reading files and environment variables. */
export interface Permissions {
  /** Write files. */
  readonly write?: true;
  /** Ask for the processors, the memory and the name of the operating system. */
  readonly sys?: true;
  /** Load the kernels and, where it is installed, ONNX Runtime. */
  readonly ffi?: true;
  /** Use the network. */
  readonly net?: true;
  /** Start these programs; `any` where the command measures the program itself and the original programs. */
  readonly run?: "ffmpeg" | "any";
  /** Everything: without it Deno does not read in /proc what the programs that a command starts take of the machine. */
  readonly all?: true;
}

const COMPUTES: Permissions = { write: true, sys: true, ffi: true, run: "ffmpeg" };
const READS_HISTORY: Permissions = { write: true, sys: true };
const MEASURES: Permissions = { ...COMPUTES, run: "any" };

/** Permissions by command; a command of a group that is not listed has those of its group. */
export const PERMISSIONS_OF_COMMANDS: Readonly<Record<string, Permissions>> = {
  analyze: COMPUTES,
  parity: COMPUTES,
  evaluate: COMPUTES,
  models: { write: true },
  "models pull": { write: true, net: true },
  harness: { all: true },
  bench: MEASURES,
  nightly: MEASURES,
  catalogue: { ...COMPUTES, net: true },
  serve: { ...COMPUTES, net: true },
  report: READS_HISTORY,
  history: READS_HISTORY,
  doctor: { sys: true, ffi: true, run: "ffmpeg" },
  completions: {},
  "--version": { ffi: true },
};

/**
 * Returns the permissions of a call.
 *
 * @param args arguments of the program
 * @returns none but reading for a call without a known command, such as `--help`
 */
export function permissionsOf(args: readonly string[]): Permissions {
  const [command = "", sub = ""] = args;
  // One argument with a space is no command of a group.
  if (command.includes(" ")) return {};
  const name = command === "-V" ? "--version" : command;
  for (const key of [`${name} ${sub}`, name]) {
    if (Object.hasOwn(PERMISSIONS_OF_COMMANDS, key)) return PERMISSIONS_OF_COMMANDS[key]!;
  }
  return {};
}

/**
 * Returns the options of `deno run` that grant permissions.
 *
 * @param permissions the permissions
 * @param libraries files and folders of the libraries that may be loaded; any by default
 */
export function permissionOptions(
  { write, sys, ffi, net, run, all }: Permissions,
  libraries: readonly string[] = [],
): string[] {
  if (all) return ["--allow-all"];
  const only = libraries.length === 0 ? "" : `=${libraries.map(expressible).join(",")}`;
  return [
    "--allow-read",
    ...(write ? ["--allow-write"] : []),
    "--allow-env",
    ...(sys ? ["--allow-sys"] : []),
    ...(ffi ? [`--allow-ffi${only}`] : []),
    ...(net ? ["--allow-net"] : []),
    ...(run === undefined ? [] : run === "any" ? ["--allow-run"] : [`--allow-run=${run}`]),
  ];
}

/** Returns a path, or the nearest folder above without a comma, which no list of Deno 2.9 can have in a name. */
function expressible(path: string): string {
  return path.includes(",") ? expressible(dirname(path)) : path;
}
