/**
 * Runs several calls of the program one after the other in one process, and prints their outcomes as JSON: for calls
 * that end before their work, which take less time than the start of a process.
 *
 * Its arguments are the calls, each as a JSON array.
 *
 * @module
 */

import { tactus } from "../../cli/commands.ts";
import { reasonOf } from "../../core/reason.ts";

const print = console.log;
const outcomes: { code: number; stdout: string; stderr: string }[] = [];
for (const call of Deno.args) {
  const printed = { stdout: "", stderr: "" };
  console.log = (...values) => printed.stdout += `${values.join(" ")}\n`;
  console.error = (...values) => printed.stderr += `${values.join(" ")}\n`;
  let code = 2;
  try {
    code = await tactus.run(JSON.parse(call));
  } catch (error) {
    console.error(reasonOf(error));
  }
  outcomes.push({ code, ...printed });
}
print(JSON.stringify(outcomes));
Deno.exit(0);
