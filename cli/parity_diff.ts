/**
 * `parity diff`: compares two recordings of seams.
 *
 * @module
 */

import { writeJson } from "../core/files.ts";
import { CALL } from "../core/program.ts";
import type { Tolerance, Tolerances } from "../parity/mod.ts";
import { type ArgumentType, expected, text } from "./argument_types.ts";
import { type Command, command, flag, option } from "./command.ts";
import { EXPORT_JSON, TOLERANCE_OPTIONS, toleranceOf } from "./_options.ts";
import { StatusLine } from "./status_line.ts";

/** A tolerance of one seam. */
const SEAM_TOLERANCE: ArgumentType<readonly [seam: string, tolerance: Tolerance]> = {
  name: "seam=atol,rtol",
  parse(text, option): readonly [string, Tolerance] {
    const [, seam, list = ""] = /^(.+)=([^=]*)$/.exec(text) ?? [];
    const decibels = /^snr:(.+)$/.exec(list)?.[1];
    if (seam !== undefined && decibels !== undefined && Number.isFinite(Number(decibels))) {
      const any = { absolute: Number.MAX_VALUE, relative: 0 };
      return [seam, { ...any, leastSnrDecibels: Number(decibels) }];
    }
    const [absolute, relative, ...more] = list.split(",").map((part) =>
      part.trim() === "" ? NaN : Number(part)
    );
    const isTolerance = (value = NaN): boolean => Number.isFinite(value) && value >= 0;
    if (seam !== undefined && isTolerance(absolute) && isTolerance(relative) && more.length === 0) {
      return [seam, { absolute: absolute!, relative: relative! }];
    }
    throw expected(
      option,
      "a seam and two numbers from 0 on, such as spectrogram=1e-5,0, or stems=snr:60",
      text,
    );
  },
};

/** Returns the tolerances of single seams that the options give. */
async function seamTolerances(
  { tolerance = [], tolerances }: {
    tolerance?: readonly (readonly [string, Tolerance])[] | undefined;
    tolerances?: string | undefined;
  },
): Promise<Tolerances> {
  const { readTolerances } = await import("../parity/mod.ts");
  return {
    ...(tolerances !== undefined && await readTolerances(tolerances)),
    ...Object.fromEntries(tolerance),
  };
}

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
one step, times may differ by 1e-9 s, and whole numbers must be equal. Seams of the second recording only are listed and do not fail. Behind a seam of this
program's pipeline that fails, float seams outside of their tolerance are reported, since they follow from it.`,
  arguments: { "<expected>": "first folder or file", "<actual>": "second folder or file" },
  options: {
    ...TOLERANCE_OPTIONS,
    tolerance: option(
      SEAM_TOLERANCE,
      "tolerance of one seam of any type, in place of its rule; seam=snr:60 judges the whole seam by its signal-to-noise " +
        "ratio, at least 60 dB; repeatable",
    ).repeated(),
    tolerances: option(
      text("file"),
      'JSON or TOML with tolerances of single seams, such as {"spectrogram": {"absolute": 1e-5, "relative": 0}}; ' +
        'with "within": 0.999 that share of the elements must pass. seams.json of the first recording may have ' +
        "the same under the key tolerance of a seam. --tolerance goes before this file, and this file before seams.json",
    ),
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
      { ...toleranceOf(values), seams: await seamTolerances(values) },
      (seam) => status.show(`comparing ${seam}`),
    ).finally(() => status.clear());
    console.log(parity.diffTable(difference));
    if (values.statistics) console.log(`\n${parity.differenceStatistics(difference)}`);
    const { exportJson } = values;
    if (exportJson !== undefined) await writeJson(exportJson, difference);
    return parity.isAlike(difference) ? 0 : 1;
  },
});
