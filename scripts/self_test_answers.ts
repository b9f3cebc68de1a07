/**
 * Writes the stored values of the self-test, with the second implementation of each stage that has one.
 *
 *     deno run -A scripts/self_test_answers.ts
 *
 * @module
 */

import { join } from "node:path";
import { PROGRAM_FOLDER } from "../core/program.ts";
import { selfTestAnswers } from "../parity/self_test/check_stages.ts";

const FILE = join(PROGRAM_FOLDER, "parity", "self_test", "answers.json");

if (import.meta.main) {
  const demo = join(PROGRAM_FOLDER, "fixtures", "audio", "four_four", "mix.flac");
  const answers = await selfTestAnswers(demo, async (stage, inputs, context) => {
    const other = await stage.alternative?.(context);
    try {
      return await (other ?? stage).run(inputs, context);
    } finally {
      await other?.release();
    }
  });
  await Deno.writeTextFile(FILE, `${JSON.stringify(answers)}\n`);
  Deno.exit(0);
}
