/**
 * `parity diff`: compares two recordings of seams.
 *
 * @module
 */

import { writeJson } from "../core/files.ts";
import { CALL } from "../core/program.ts";
import { type Command, command, flag } from "./command.ts";
import { EXPORT_JSON, TOLERANCE_OPTIONS, toleranceOf } from "./_options.ts";
import { StatusLine } from "./status_line.ts";

/** The command `parity diff`. */
export const parityDiff: Command = command({
  name: `${CALL} parity diff`,
  description:
    `Compares two recordings: folders with one array for each seam, as parity record writes them, or single archives. Arrays are
.npy (every numeric type, bfloat16 of ml_dtypes included, both byte orders, C and Fortran order), the entries of .npz and
.safetensors files, and raw files NAME.bin with {"dtype": "f32", "shape": [2, 3]} in NAME.json ("order": "F" and "endian": "big"
where needed). All are read in parts.

An element passes when |actual - expected| <= atol + rtol |expected|; of complex numbers the magnitude of the difference counts.
Without --atol and --rtol, float16 and bfloat16 may differ by one step of their own resolution. Of 16-bit samples 1 % may differ by
one step, times may differ by 1e-9 s, and whole numbers must be equal. Seams of the second recording only are listed and do not fail.`,
  arguments: { "<expected>": "first folder or file", "<actual>": "second folder or file" },
  options: {
    ...TOLERANCE_OPTIONS,
    statistics: flag(
      "also print for each seam the mean and rms of the error, its 99.9 % quantile, the largest " +
        "relative error, distances in units in the last place, and the factor by which errors could grow",
    ),
    exportJson: EXPORT_JSON.help(
      "also write all figures as JSON (parity/recording_difference.schema.json)",
    ),
  },
  exitCodes: ["all seams passed", "a seam failed or is missing"],
  async run(values, [expected = "", actual = ""]): Promise<number> {
    const parity = await import("../parity/mod.ts");
    const status = new StatusLine();
    const difference = await parity.diffRecordings(
      expected,
      actual,
      toleranceOf(values),
      (seam) => status.show(`comparing ${seam}`),
    ).finally(() => status.clear());
    console.log(parity.diffTable(difference));
    if (values.statistics) console.log(`\n${parity.differenceStatistics(difference)}`);
    const { exportJson } = values;
    if (exportJson !== undefined) await writeJson(exportJson, difference);
    return parity.isAlike(difference) ? 0 : 1;
  },
});
