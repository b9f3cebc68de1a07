/** The separation with other overlaps, with a bag of four networks and with six sources, compared with demucs. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { readNpy } from "../core/npy.ts";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { slice, type Tensor } from "../core/tensor.ts";
import { HTDEMUCS_FILES } from "../models/download/published_files.ts";
import { seededHtdemucsFile } from "../models/htdemucs/seeded.ts";
import { compare } from "../parity/compare.ts";
import type { Comparison } from "../parity/report.ts";
import { takeSampled } from "../parity/references.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { loadDemixer } from "./backends/demixers.ts";
import { demix, releaseDemixer } from "./demix.ts";
import { readMixture } from "./mixture.ts";

const FOLDER = join(FIXTURES_FOLDER, "references", "separation_options");

/** Tolerance of float seams. */
const TOLERANCE = { absolute: 1e-6, relative: 1e-6 };

interface Case {
  /** Arguments of the networks, other than those of all cases. */
  readonly changes: Readonly<Record<string, unknown>>;
  /** Factors of the values of each network. */
  readonly factors: readonly number[];
  readonly overlap: number;
  readonly shiftOffset: number | null;
  readonly path: string;
  readonly sha256: string;
}

const { piece, startSample, samples, network, cases } = JSON.parse(
  await Deno.readTextFile(join(FOLDER, "cases.json")),
) as {
  piece: string;
  startSample: number;
  samples: number;
  network: Record<string, unknown>;
  cases: Record<string, Case>;
};

/** Returns the name of the demixer that has these networks, and their files. */
function filesOf({ changes, factors }: Case): [string, readonly string[]] {
  const single = "sources" in changes ? "htdemucs_6s" : "htdemucs";
  const name = factors.length === 4 ? "htdemucs_ft" : single;
  return [name, HTDEMUCS_FILES[name].map(({ safetensors }) => safetensors)];
}

async function separated(one: Case, mixture: Tensor<"f32">): Promise<Tensor<"f32">> {
  let stems: Tensor<"f32"> | undefined;
  await inTemporaryFolder(async (weightsDir) => {
    const [name, files] = filesOf(one);
    equal(files.length, one.factors.length);
    for (const [at, factor] of one.factors.entries()) {
      const file = seededHtdemucsFile({ ...network, ...one.changes }, factor);
      await Deno.writeFile(join(weightsDir, files[at]!), file);
    }
    const demixer = await loadDemixer(name, { weightsDir, compute: { threads: 2 } });
    const { overlap, shiftOffset } = one;
    const options = { overlap, shifts: [shiftOffset], stems: "floats" } as const;
    ({ stems } = await demix(demixer, mixture, options));
    await releaseDemixer(demixer);
  });
  return stems!;
}

function compareSampled({ shape, data }: Tensor<"f32">, stored: Tensor): Comparison {
  const expected = stored as Tensor<"f32">;
  const found = takeSampled({ sampledFrom: shape }, expected, (index) => data[index]!);
  return compare(found, expected, TOLERANCE);
}

const mix = await readMixture(join(FIXTURES_FOLDER, "audio", piece, "mix.flac"));
const clip = slice(mix.mixture, 1, startSample, startSample + samples);

for (const [name, one] of Object.entries(cases)) {
  Deno.test(`the stems are those of demucs' apply_model: ${name}`, async () => {
    const bytes = await Deno.readFile(join(FOLDER, one.path));
    equal(createHash("sha256").update(bytes).digest("hex"), one.sha256);
    const { passed, reason } = compareSampled(await separated(one, clip), readNpy(bytes));
    ok(passed, reason);
  });
}

Deno.test("stems of another overlap differ", async () => {
  const one = cases["overlap_50"]!;
  const expected = readNpy(await Deno.readFile(join(FOLDER, one.path)));
  const { passed } = compareSampled(await separated({ ...one, overlap: 0.25 }, clip), expected);
  ok(!passed);
});
