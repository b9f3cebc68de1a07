import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { separationCheck, separationClip, separationStems } from "../fixtures/separation.ts";
import { buildHtdemucs } from "./backends/onnx/htdemucs_graph.ts";
import type { HtdemucsCheckpoint } from "../models/htdemucs/parameters.ts";
import { seededHtdemucs } from "../models/htdemucs/seeded.ts";
import { readThCheckpoint } from "../models/readers/torch.ts";
import { compare } from "../parity/compare.ts";
import type { Comparison } from "../parity/report.ts";
import { readSampled, takeSampled } from "../parity/references.ts";
import { naiveStems16 } from "./naive/stems16.ts";
import type { Backend } from "./backends/backend.ts";
import { createNativeDemixSession } from "./backends/native/htdemucs.ts";
import { loadDemixer } from "./backends/demixers.ts";
import { createDemixSession } from "./backends/onnx/htdemucs.ts";
import { demix, type Demixer } from "./demix.ts";
import { excerpt } from "./mixture.ts";
import { spectrogram } from "./spectrogram.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

const TOLERANCE = { absolute: 1e-6, relative: 1e-6 };

async function demixerOf(
  checkpoint: HtdemucsCheckpoint,
  backend: Backend = "native",
): Promise<Demixer> {
  const { name, sha256 } = checkpoint;
  const session = backend === "native"
    ? await createNativeDemixSession(checkpoint)
    : await createDemixSession(buildHtdemucs(checkpoint));
  return { name, sha256, backend, session };
}

const demixer = await demixerOf(seededHtdemucs());
Deno.test.afterAll(() => demixer.session?.release());

/** The stems of a mixture as floats and as 16 bit. */
async function demixed(
  mixture: Tensor<"f32">,
  shifts: readonly (number | null)[],
  onProgress: (done: number) => void = () => {},
  by = demixer,
): Promise<{ stems: Tensor<"f32">; stems16: Tensor<"i16"> }> {
  const { stems, stems16 } = await demix(by, mixture, { shifts, stems: "floats", onProgress });
  ok(stems);
  return { stems, stems16 };
}

/** Compares the stems of the clip with those that are stored under other settings. */
async function compareWithCheck(one: Demixer, name: string): Promise<Comparison> {
  const check = separationCheck(name);
  const shifts = [check.shiftOffset];
  const { stems } = await demix(one, await separationClip(), { shifts, stems: "floats" });
  ok(stems);
  equal(stems.shape, check.sampledFrom);
  const expected = await readSampled(check);
  const actual = takeSampled(check, expected, (index) => stems.data[index]!);
  return compare(actual, expected, TOLERANCE);
}

Deno.test("demix() equals true demucs in every sample of every stem", async (test) => {
  const mixture = await separationClip();
  const progress: number[] = [];
  const { stems, stems16 } = await demixed(mixture, [0], (done) => progress.push(done));
  const expected = await separationStems();
  const { passed, reason } = compare(stems, expected, TOLERANCE);
  ok(passed, reason);
  equal(progress, [1, 2]);

  await test.step("the 16 bit stems are within one step in one sample of a hundred", () => {
    const steps = { absolute: 1, relative: 0, differing: 0.01 };
    const { passed, reason } = compare(stems16, naiveStems16(expected), steps);
    ok(passed, reason);
  });

  await test.step("the comparison sees two stems that are swapped", () => {
    const length = stems.data.length / 4;
    const swapped = stems.data.slice();
    swapped.copyWithin(0, length, 2 * length);
    ok(!compare(tensor("f32", stems.shape, swapped), expected, TOLERANCE).passed);
  });
});

Deno.test("demix() by ONNX Runtime equals true demucs in every sample of every stem", async () => {
  const onnx = await demixerOf(seededHtdemucs(), "onnx");
  const { stems } = await demixed(await separationClip(), [0], () => {}, onnx);
  const { passed, reason } = compare(stems, await separationStems(), TOLERANCE);
  await onnx.session?.release();
  ok(passed, reason);
});

for (const name of ["shift_12345", "no_shift"]) {
  Deno.test(`demix() equals true demucs with ${name}`, async () => {
    const { passed, reason } = await compareWithCheck(demixer, name);
    ok(passed, reason);
  });
}

Deno.test("demix() equals true demucs with weights of half precision, as they are published", async () => {
  const checkpoint = seededHtdemucs();
  const halves = [...checkpoint.tensors].map(([name, { shape, data }]) =>
    [name, tensor("f32", shape, data.map(Math.f16round))] as const
  );
  const half = await demixerOf({ ...checkpoint, name: "halves", tensors: new Map(halves) });
  const { passed, reason } = await compareWithCheck(half, "half_weights");
  await half.session?.release();
  ok(passed, reason);
  // The rounding of the weights is visible in the stems.
  ok(!(await compareWithCheck(demixer, "half_weights")).passed);
});

Deno.test("demix() gives the mean of its passes", async () => {
  const mixture = excerpt(await separationClip(), 0, 20_000);
  const both = await demixed(mixture, [7, 20_000]);
  const one = await demixed(mixture, [7]);
  const other = await demixed(mixture, [20_000]);
  const mean = one.stems.data.map((value, i) => (value + other.stems.data[i]!) / 2);
  ok(compare(both.stems, tensor("f32", both.stems.shape, mean), TOLERANCE).passed);
  ok(!compare(both.stems, one.stems, TOLERANCE).passed);
});

Deno.test("demix() makes silence of silence, and floats only where they are asked for", async () => {
  const silence = tensor("f32", [2, 1000], new Float32Array(2000));
  const { stems, stems16 } = await demix(demixer, silence, { shifts: [null], stems: "stereo" });
  equal(stems, undefined);
  equal(stems16.shape, [4, 2, 1000]);
  ok(stems16.data.every((sample) => sample === 0));
});

Deno.test("demix() to mono makes the same spectrograms, also of stems that have to be rescaled", async () => {
  const file = new URL("../models/testdata/small_htdemucs.th", import.meta.url);
  const checkpoint = readThCheckpoint("small", await Deno.readFile(file));
  const small = await demixerOf(checkpoint);
  const { shape, data } = await separationClip();
  const samples = shape[1] ?? 0;
  // Too loud nowhere, everywhere, and late: then what comes before is separated again.
  for (const [quiet, again] of [[samples, []], [0, []], [samples - 20_000, [1]]] as const) {
    const loudnessAt = (at: number): number => at % samples < quiet ? 0.01 : 10;
    const mixture = tensor("f32", shape, data.map((sample, at) => loudnessAt(at) * sample));
    const segments: number[] = [];
    const options = { shifts: [9], onProgress: (done: number) => void segments.push(done) };
    const { stems, stems16 } = await demix(small, mixture, { ...options, stems: "floats" });
    const mono = await demix(small, mixture, { ...options, stems: "mono" });
    const isLoud = stems!.data.some((sample) => Math.abs(sample) > 1 / 1.01);
    equal(isLoud, quiet < samples);
    // Once for stereo and once for mono.
    equal(segments, [1, 2, 1, 2, ...again]);
    equal(mono.stems16.shape, [4, 1, shape[1]]);
    equal(await spectrogram(mono.stems16), await spectrogram(stems16));
  }
  await small.session?.release();
});

Deno.test("demix() frees the mixture only where it is told to", async () => {
  const hpss = await loadDemixer("hpss");
  const options = { shifts: [0], stems: "mono" } as const;
  // Loud at the end only, so that the mixture is needed twice.
  const { shape, data } = soundOf(44_100, 0.5);
  data[data.length - 1] = 3;
  const [kept, gone] = [tensor("f32", shape, data), tensor("f32", shape, data.slice())];
  const { stems16 } = await demix(hpss, kept, options);
  equal((await demix(hpss, gone, { ...options, releaseMixture: true })).stems16, stems16);
  equal([kept.data.length, gone.data.length], [88_200, 0]);
});

Deno.test("demix() refuses a mixture without samples", async () => {
  const nothing = tensor("f32", [2, 0], new Float32Array());
  await rejects(demix(demixer, nothing, { shifts: [null], stems: "stereo" }), /no audio/);
});

/** Noise on both sides, and a sine in the middle. */
function soundOf(samples: number, loudness: number): Tensor<"f32"> {
  const data = Float32Array.from({ length: 2 * samples }, (_, i) => {
    const noise = Math.sin(i * i * 0.7);
    return loudness * (0.3 * noise + 0.5 * Math.sin((i % samples) * 0.05));
  });
  return tensor("f32", [2, samples], data);
}

Deno.test("demix() without a network makes stems that sum to the mixture", async () => {
  const hpss = await loadDemixer("hpss");
  equal([hpss.name, hpss.sha256, hpss.session], ["hpss", null, null]);
  const samples = 50 * 44_100;
  const mixture = soundOf(samples, 0.9);
  let [last, all] = [0, 0];
  const onProgress = (done: number, total: number): void => {
    equal(done, last + 1);
    [last, all] = [done, total];
  };
  const { stems, stems16 } = await demix(hpss, mixture, {
    shifts: [],
    stems: "floats",
    onProgress,
  });
  ok(last === all && last >= 1);
  ok(stems);
  equal(stems.shape, [4, 2, samples]);
  equal(stems16, naiveStems16(stems));
  let largest = 0;
  for (let i = 0; i < 2 * samples; i++) {
    let sum = 0;
    for (let stem = 0; stem < 4; stem++) sum += stems.data[stem * 2 * samples + i]!;
    largest = Math.max(largest, Math.abs(sum - mixture.data[i]!));
  }
  ok(largest < 1e-6, String(largest));
  await rejects(
    demix(hpss, tensor("f32", [2, 0], new Float32Array()), { shifts: [], stems: "stereo" }),
  );
});

Deno.test("demix() without a network makes the same spectrograms of mono stems, also of loud ones", async () => {
  const hpss = await loadDemixer("hpss");
  const samples = 90 * 44_100;
  for (const quiet of [samples, 0, samples - 44_100]) {
    const { shape, data } = soundOf(samples, 1);
    const loudnessAt = (at: number): number => at % samples < quiet ? 0.9 : 4;
    const mixture = tensor("f32", shape, data.map((sample, at) => loudnessAt(at) * sample));
    const stereo = await demix(hpss, mixture, { shifts: [0], stems: "stereo" });
    const mono = await demix(hpss, mixture, { shifts: [0], stems: "mono" });
    equal(mono.stems16.shape, [4, 1, samples]);
    equal(await spectrogram(mono.stems16), await spectrogram(stereo.stems16));
  }
});
