/**
 * Entry point of `deno task parity:prove`, which proves that parity catches faults.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { Copy, copyDirectory } from "./copy.ts";
import { FAULTS } from "./faults.ts";
import { proveCommand } from "./prove_command.ts";

const repository = join(import.meta.dirname ?? ".", "..", "..");

// Tasks run in the repository, but paths on the command line are relative to the user's directory.
const userDirectory = Deno.env.get("TACTUS_CWD");
if (userDirectory) Deno.chdir(userDirectory);

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => interruption.abort());

Deno.exit(
  await proveCommand(Deno.args, FAULTS, {
    copy: async (signal) => {
      const copy = new Copy(copyDirectory(), signal);
      try {
        await copy.fill(repository);
        return copy;
      } catch (error) {
        await copy.remove();
        throw error;
      }
    },
  }, interruption.signal),
);
