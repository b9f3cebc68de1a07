/**
 * Processor time, which unlike the time of a clock does not depend on what else the machine does.
 *
 * @module
 */

import process from "node:process";

/** Returns the processor time of all threads of this process so far, in seconds. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
