/**
 * `doctor`: tells what works on this machine.
 *
 * @module
 */

import { CALL } from "../core/program.ts";
import { type Command, command, flag } from "./command.ts";

/** The command `doctor`. */
export const doctor: Command = command({
  name: `${CALL} doctor`,
  description:
    `Prints what a report of a bug needs: versions, the processor and the code that the kernels take on it, memory,
devices, weights, caches and permissions; and tests each stage on a small input against stored values.`,
  options: { json: flag("print the report as JSON (cli/doctor.schema.json)") },
  exitCodes: ["everything works", "something does not work"],
  run: async ({ json }) => await (await import("./_doctor_run.ts")).runDoctor({ json }),
});
