/**
 * Starts `device_run.ts`.
 *
 * @module
 */

import { join } from "node:path";
import { repository } from "./program.ts";

/**
 * Runs graphs on WebGPU in a process of its own.
 *
 * @param name one of the runs of `device_run.ts`
 * @param env variables that name the driver
 * @returns the errors by name, and what the process wrote to stderr
 * @throws {Error} if it fails
 */
export async function deviceRun(
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<{ errors: Readonly<Record<string, number>>; stderr: string }> {
  const program = join(repository, "tests", "support", "device_run.ts");
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", program, name],
    cwd: repository,
    env: { ...env, DENO_NO_UPDATE_CHECK: "1" },
  }).output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((one) =>
    new TextDecoder().decode(one)
  );
  if (output.code !== 0) throw new Error(`${name} ended with ${output.code}: ${stderr}`);
  return { errors: JSON.parse(stdout!), stderr: stderr! };
}
