import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { openAudio } from "../kernels/kernels.ts";
import { buildHtdemucs } from "../models/htdemucs.ts";
import { hash32 } from "../models/seeded.ts";
import { seededHtdemucs } from "../models/seeded_htdemucs.ts";
import { compare } from "../parity/compare.ts";
import { fixturesDirectory, readManifest, readVerified } from "../parity/manifest.ts";
import { readNpyAs } from "../parity/npy.ts";
import { demix, type DemixModel } from "./demix.ts";
import { requantize } from "./requantize.ts";
import { SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { type Tensor, tensor } from "./tensor.ts";

const TOLERANCE = { absolute: 1e-6, relative: 1e-6 };

interface StoredFile {
  readonly path: string;
  readonly sha256: string;
}

/** The manifest's references of true demucs with seeded weights. */
interface Separation {
  readonly clip: {
    readonly piece: string;
    readonly startSample: number;
    readonly samples: number;
  };
  readonly seams: readonly (StoredFile & { readonly seam: string })[];
  readonly checks: readonly (StoredFile & {
    readonly name: string;
    readonly shiftOffset: number | null;
  })[];
}

const { separation } = await readManifest() as unknown as { separation: Separation };
const model: DemixModel = {
  name: "seeded-htdemucs",
  sha256: "",
  graph: buildHtdemucs(seededHtdemucs()),
};

/** The clip of the demo mix that the references were made from: `[2, samples]` f32. */
async function clip(): Promise<Tensor<"f32">> {
  const { piece, startSample, samples } = separation.clip;
  const path = join(fixturesDirectory, "audio", piece, "mix.flac");
  const file = await openAudio(path, SAMPLE_RATE_HZ);
  const whole = await file.read();
  file.close();
  const data = new Float32Array(2 * samples);
  for (let channel = 0; channel < 2; channel++) {
    const start = channel * file.samples + startSample;
    data.set(whole.data.subarray(start, start + samples), channel * samples);
  }
  return tensor("f32", [2, samples], data);
}

async function stored(file: StoredFile | undefined): Promise<Tensor<"f32">> {
  ok(file !== undefined);
  return readNpyAs(await readVerified(file), "f32");
}

/** The elements of the stems that a check stores: element i is the stems' hash32(i) mod size. */
function sampled(stems: Tensor<"f32">, count: number): Tensor<"f32"> {
  const { data } = stems;
  const values = Float32Array.from({ length: count }, (_, i) => data[hash32(i) % data.length]!);
  return tensor("f32", [count], values);
}

Deno.test("demix() equals true demucs in every sample of every stem", async (test) => {
  const mixture = await clip();
  const progress: number[] = [];
  const stems = await demix(model, mixture, {
    shift: 0,
    onProgress: (done) => progress.push(done),
  });
  const expected = await stored(separation.seams.find(({ seam }) => seam === "stems"));
  const { passed, reason } = compare(stems, expected, TOLERANCE);
  ok(passed, reason);
  equal(progress, [1, 2]);

  await test.step("the 16 bit stems are within one step in one sample of a hundred", async () => {
    const [ours, theirs] = await Promise.all([requantize(stems), requantize(expected)]);
    let different = 0;
    ours.data.forEach((value, at) => {
      const steps = Math.abs(value - theirs.data[at]!);
      ok(steps <= 1, `${steps} steps`);
      different += steps;
    });
    ok(different <= ours.data.length / 100, `${different} samples differ`);
  });

  await test.step("the comparison sees two stems that are swapped", () => {
    const length = stems.data.length / 4;
    const swapped = stems.data.slice();
    swapped.copyWithin(0, length, 2 * length);
    ok(!compare(tensor("f32", stems.shape, swapped), expected, TOLERANCE).passed);
  });
});

for (const name of ["shift_12345", "no_shift"]) {
  Deno.test(`demix() equals true demucs with ${name}`, async () => {
    const check = separation.checks.find((one) => one.name === name);
    const expected = await stored(check);
    const stems = await demix(model, await clip(), { shift: check?.shiftOffset ?? null });
    const { passed, reason } = compare(sampled(stems, expected.data.length), expected, TOLERANCE);
    ok(passed, reason);
  });
}

Deno.test("demix() makes silence of silence", async () => {
  const silence = tensor("f32", [2, 1000], new Float32Array(2000));
  const stems = await demix(model, silence, { shift: null });
  equal(stems.shape, [4, 2, 1000]);
  ok(stems.data.every((sample) => sample === 0));
});

Deno.test("demix() refuses a mixture without samples", async () => {
  await rejects(demix(model, tensor("f32", [2, 0], new Float32Array()), { shift: null }));
});
