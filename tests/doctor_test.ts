/** Tests the commands `doctor` and `--version` as programs. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { doctorSchema } from "../cli/doctor_schema.ts";
import { VERSION } from "../core/program.ts";
import { HTDEMUCS_FILES, type HtdemucsFile } from "../models/download/published_files.ts";
import { tactus } from "./support/program.ts";

Deno.test("doctor reports the machine and tests each stage", async () => {
  const { code, stdout } = await tactus(["doctor", "--json"]);
  const report = doctorSchema.parse(JSON.parse(stdout));
  equal([code, report.problems], [0, []]);
  match(report.kernels.codePath ?? "", /^(portable|neon|avx2|avx512)$/);
  ok(report.devices.includes("cpu") && report.machine.cores > 0);
  equal(report.stages.every(({ passed }) => passed), true);
  equal([report.references, report.permissions["net"]], [true, false]);
});

Deno.test("doctor finds weights of the wrong size or content, and its text names what is wrong", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [{ th }] = HTDEMUCS_FILES.htdemucs as [HtdemucsFile];
    const path = join(folder, th.fileName);
    await Deno.writeTextFile(path, "not weights");
    const env = { TACTUS_MODELS_DIR: folder };
    for (const bytes of [11, th.maxBytes]) {
      await Deno.truncate(path, bytes);
      const { code, stdout } = await tactus(["doctor"], { env });
      equal(code, 1);
      match(
        stdout,
        /^The weights of htdemucs are damaged or cannot be read .* models pull htdemucs$/m,
      );
      match(stdout, /^spectrogram +\d\.\d\d {2}ok$/m);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("--version prints the versions of the program and of what it runs on", async () => {
  const { code, stdout } = await tactus(["--version"]);
  equal(code, 0);
  const [first, kernels, deno, onnx] = stdout.trim().split("\n");
  equal([first, deno], [`tactus ${VERSION}`, `Deno ${Deno.version.deno}`]);
  match(`${kernels} ${onnx}`, /^kernels: interface \d+ ONNX Runtime: \d+\.\d+\.\d+$/);
});
