/**
 * The command `tactus` of the npm package under Deno, as in `deno run -A npm:…`: runs the program itself.
 *
 * @module
 */

import { ensureKernels } from "./ensure_kernels.ts";

const code = ensureKernels(Deno.args);
if (code !== 0) Deno.exit(code);
const [first, request = "{}"] = Deno.args;
// As `runArguments()` of `core/program.ts` calls it.
if (first === "--run-measure") {
  await (await import("../../reports/measure/measure.ts")).runMeasure(request);
} else {
  await import("../../main.ts");
}
