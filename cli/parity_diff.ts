/**
 * `parity diff`: two recordings of seams side by side.
 *
 * @module
 */

import { diffRecordings, diffTable, isAlike } from "../parity/diff.ts";
import { differenceStatistics } from "../parity/render/statistics.ts";
import { writeWhole } from "../core/files.ts";
import { parsedArgs } from "./parsed_args.ts";
import { StatusLine } from "./status_line.ts";
import { toleranceOption } from "./tolerance_option.ts";
import { twoPaths } from "./two_paths.ts";
import { ensureFile } from "./writable.ts";

const HELP = `Usage: deno task parity diff EXPECTED ACTUAL [options]

Compares two folders with a .npy file for each seam, such as parity record writes: numpy.save of an
array in C order with the name, type and shape of the seam. Files are read in parts, so that large
ones take no memory. A seam passes when each element is within atol + rtol * |expected|; of 16 bit
samples one in a hundred may be off by one; times may be off by 1e-9 s; whole numbers not at all.
What only ACTUAL has is listed, and does not fail.

      --atol N            what floats may be off (default: 1e-6)
      --rtol N            what they may be off besides, as a share of the expected value (default: 1e-6)
      --statistics        also print, of each seam, mean and rms of the error, the 99.9 % quantile, the
                          largest relative error, distances in units in the last place, and how many
                          times as large errors could be
      --export-json FILE  also write all figures as JSON
  -h, --help              print this

Exit codes: 0 nothing is off or missing, 1 something is, 2 the call was wrong or could not run`;

const OPTIONS = {
  atol: { type: "string" },
  rtol: { type: "string" },
  statistics: { type: "boolean", default: false },
  "export-json": { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/**
 * Runs the command.
 *
 * @param args what follows `parity diff`
 * @returns the exit code: 0, or 1 where the second recording is not as the first
 * @throws {UsageError | RecordingError} if the call is wrong or a folder cannot be read
 */
export async function parityDiff(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsedArgs("parity diff", {
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [expected, actual] = twoPaths("parity diff", "folders", positionals);
  const tolerance = {
    ...(values.atol !== undefined && { absolute: toleranceOption("atol", values.atol) }),
    ...(values.rtol !== undefined && { relative: toleranceOption("rtol", values.rtol) }),
  };
  const file = values["export-json"];
  if (file !== undefined) await ensureFile(file, "--export-json");
  const status = new StatusLine();
  const difference = await diffRecordings(
    expected,
    actual,
    tolerance,
    (seam) => status.show(`comparing ${seam}`),
  ).finally(() => status.clear());
  console.log(diffTable(difference));
  if (values.statistics) console.log(`\n${differenceStatistics(difference)}`);
  if (file !== undefined) await writeWhole(file, JSON.stringify(difference, null, 2) + "\n");
  return isAlike(difference) ? 0 : 1;
}
