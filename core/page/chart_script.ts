/**
 * Chart.js, to be put into a page.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/**
 * The source of the whole library, which sets `Chart`.
 *
 * @throws {Error} if it is not installed
 */
export function chartScript(): string {
  const file = new URL("./chart.umd.min.js", import.meta.resolve("chart.js"));
  try {
    // The map is not there, and a browser would look for it.
    return readFileSync(file, "utf8").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
  } catch (cause) {
    throw new Error(
      `Reading Chart.js: expected ${file.pathname}; run a task of this project once, ` +
        "which installs it",
      { cause },
    );
  }
}
