/** The separation with products in bfloat16 at full size, as it is and damaged. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { FIXTURES_FOLDER } from "../core/program.ts";
import type { HtdemucsCheckpoint } from "../models/htdemucs/parameters.ts";
import { seededHtdemucs } from "../models/htdemucs/seeded.ts";
import { createNativeDemixSession } from "../pipeline/backends/native/htdemucs.ts";
import { wholeNetwork } from "../pipeline/demix.ts";
import { runBf16Suite } from "./bf16_suite.ts";
import { readManifest } from "./manifest.ts";
import type { SeamResult } from "./report.ts";

async function run(checkpoint: HtdemucsCheckpoint): Promise<SeamResult> {
  const { results } = await runBf16Suite(await readManifest(), {
    directory: FIXTURES_FOLDER,
    loadDemixer: async (name) => {
      const session = await createNativeDemixSession(checkpoint, undefined, "bf16");
      return {
        ...{ name, sha256: checkpoint.sha256, backend: "native", precision: "bf16" },
        networks: [wholeNetwork(session)],
      };
    },
  });
  equal(results.length, 1);
  return results[0]!;
}

Deno.test("the suite bf16 passes, 3 dB above upstream", async () => {
  const { verdict, comparison, tolerance } = await run(seededHtdemucs());
  equal(verdict, "pass", comparison.reason);
  ok(comparison.snrDecibels! > tolerance.leastSnrDecibels! + 3, `${comparison.snrDecibels} dB`);
});

Deno.test("the suite bf16 fails on weights that are truncated to bfloat16 instead of rounded", async () => {
  const checkpoint = seededHtdemucs();
  const tensors = new Map(
    [...checkpoint.tensors].map(([name, tensor]) => {
      const data = tensor.data.slice();
      const bits = new Uint32Array(data.buffer);
      for (let at = 0; at < bits.length; at++) bits[at]! &= 0xffff_0000;
      return [name, { ...tensor, data }];
    }),
  );
  const { verdict, comparison } = await run({ ...checkpoint, tensors } as HtdemucsCheckpoint);
  equal(verdict, "fail", `${comparison.snrDecibels} dB`);
  match(comparison.reason ?? "", /the ratio is too low/);
});
