/**
 * Entry point of `deno task parity:prove`, which proves that parity catches faults.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { copyOf } from "./copy.ts";
import { FAULTS } from "./faults.ts";
import { proveCommand } from "./prove_command.ts";

const repository = join(import.meta.dirname ?? ".", "..", "..");

// Tasks run in the repository, but paths on the command line are relative to the user's directory.
const userDirectory = Deno.env.get("TACTUS_CWD");
if (userDirectory) Deno.chdir(userDirectory);

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => interruption.abort());

const makeCopy = (signal: AbortSignal): ReturnType<typeof copyOf> => copyOf(repository, signal);
Deno.exit(await proveCommand(Deno.args, FAULTS, makeCopy, interruption.signal));
