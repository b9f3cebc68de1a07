import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { openAudio } from "../kernels/kernels.ts";
import { buildHtdemucs } from "../models/htdemucs.ts";
import { hash32 } from "../models/seeded.ts";
import { seededHtdemucs } from "../models/seeded_htdemucs.ts";
import { readThCheckpoint } from "../models/th_checkpoint.ts";
import { compare } from "../parity/compare.ts";
import { fixturesDirectory, readManifest, readVerified } from "../parity/manifest.ts";
import { readNpyAs } from "../parity/npy.ts";
import { createDemixSession } from "./backends/onnx_htdemucs.ts";
import { demix, type Demixer } from "./demix.ts";
import { requantize } from "./requantize.ts";
import { SAMPLE_RATE_HZ, spectrogram } from "./spectrogram.ts";
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
const demixer: Demixer = {
  name: "seeded-htdemucs",
  sha256: "",
  backend: "onnx",
  session: await createDemixSession(buildHtdemucs(seededHtdemucs())),
};

/** The stems of the clip as floats and as 16 bit. */
async function demixed(
  mixture: Tensor<"f32">,
  shifts: readonly (number | null)[],
  onProgress: (done: number) => void = () => {},
): Promise<{ stems: Tensor<"f32">; stems16: Tensor<"i16"> }> {
  const { stems, stems16 } = await demix(demixer, mixture, { shifts, stems: "floats", onProgress });
  ok(stems);
  return { stems, stems16 };
}

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
  const { stems, stems16 } = await demixed(mixture, [0], (done) => progress.push(done));
  const expected = await stored(separation.seams.find(({ seam }) => seam === "stems"));
  const { passed, reason } = compare(stems, expected, TOLERANCE);
  ok(passed, reason);
  equal(progress, [1, 2]);

  await test.step("the 16 bit stems are within one step in one sample of a hundred", async () => {
    const theirs = await requantize(expected);
    let different = 0;
    stems16.data.forEach((value, at) => {
      const steps = Math.abs(value - theirs.data[at]!);
      ok(steps <= 1, `${steps} steps`);
      different += steps;
    });
    ok(different <= stems16.data.length / 100, `${different} samples differ`);
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
    const { stems } = await demixed(await clip(), [check?.shiftOffset ?? null]);
    const { passed, reason } = compare(sampled(stems, expected.data.length), expected, TOLERANCE);
    ok(passed, reason);
  });
}

Deno.test("demix() gives the mean of its passes", async () => {
  const samples = 20_000;
  const whole = await clip();
  const data = Float32Array.from(
    { length: 2 * samples },
    (_, i) => whole.data[i < samples ? i : separation.clip.samples + i - samples]!,
  );
  const mixture = tensor("f32", [2, samples], data);
  const both = await demixed(mixture, [7, 20_000]);
  const one = await demixed(mixture, [7]);
  const other = await demixed(mixture, [20_000]);
  const mean = one.stems.data.map((value, i) => (value + other.stems.data[i]!) / 2);
  ok(compare(both.stems, tensor("f32", both.stems.shape, mean), TOLERANCE).passed);
  ok(!compare(both.stems, one.stems, TOLERANCE).passed);
});

Deno.test("demix() makes silence of silence, and floats only where they are wanted", async () => {
  const silence = tensor("f32", [2, 1000], new Float32Array(2000));
  const { stems, stems16 } = await demix(demixer, silence, { shifts: [null], stems: "stereo" });
  equal(stems, undefined);
  equal(stems16.shape, [4, 2, 1000]);
  ok(stems16.data.every((sample) => sample === 0));
});

Deno.test("demix() to mono makes the same spectrograms, also of stems that have to be rescaled", async () => {
  const file = new URL("../models/testdata/small_htdemucs.th", import.meta.url);
  const checkpoint = readThCheckpoint("small", await Deno.readFile(file));
  const small = { ...demixer, session: await createDemixSession(buildHtdemucs(checkpoint)) };
  const { shape, data } = await clip();
  for (const gain of [0.01, 10]) {
    const mixture = tensor("f32", shape, data.map((sample) => gain * sample));
    const segments: number[] = [];
    const options = { shifts: [9], onProgress: (done: number) => void segments.push(done) };
    const { stems, stems16 } = await demix(small, mixture, { ...options, stems: "floats" });
    const mono = await demix(small, mixture, { ...options, stems: "mono" });
    const isLoud = stems!.data.some((sample) => Math.abs(sample) > 1 / 1.01);
    equal(isLoud, gain > 1);
    // Once for stereo, and once or twice for mono.
    equal(segments, isLoud ? [1, 2, 1, 2, 1, 2] : [1, 2, 1, 2]);
    equal(mono.stems16.shape, [4, 1, shape[1]]);
    equal(await spectrogram(mono.stems16), await spectrogram(stems16));
  }
  await small.session.release();
});

Deno.test("demix() refuses a mixture without samples", async () => {
  const nothing = tensor("f32", [2, 0], new Float32Array());
  await rejects(demix(demixer, nothing, { shifts: [null], stems: "stereo" }), /no audio/);
});
