/** This program's own pipeline is described in fixtures/upstream/parity.toml. */

import { deepStrictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { isSeamName, OWN_PIPELINE } from "../parity/mod.ts";
import { describedPipeline } from "./described_pipeline.ts";
import { findInputs } from "./inputs.ts";
import { readParityFile } from "./read_parity_file.ts";

Deno.test("the file describes the seams and stages of the tables, but for those of the separation", async () => {
  const folder = join(FIXTURES_FOLDER, "upstream");
  const file = await readParityFile(join(folder, "parity.toml"));
  const { name, seams, stages } = describedPipeline(file);
  const own = Object.entries(OWN_PIPELINE.seams)
    .filter(([seam]) => isSeamName(seam) && seam !== "mixture" && seam !== "stems")
    .map(([seam, { isSparse: _, from: __, float32, ...rule }]) => [
      seam,
      { ...rule, ...(float32 && { float32: { ...float32, largest: Number.MAX_VALUE } }) },
    ]);
  equal([name, Object.entries(seams)], [OWN_PIPELINE.name, own]);
  equal(
    stages.slice(1),
    OWN_PIPELINE.stages.slice(1).map(({ name, inputs, outputs }) => ({
      ...{ name, inputs, outputs },
    })),
  );
  equal((await findInputs(folder, file.inputs)).map(({ name }) => name), [
    "four_four",
    "three_four",
  ]);
});
