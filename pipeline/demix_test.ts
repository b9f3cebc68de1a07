import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { separationClip } from "../fixtures/separation.ts";
import { readThCheckpoint } from "../models/readers/torch.ts";
import { compare } from "../parity/compare.ts";
import { naiveSpectrogram } from "./naive/spectrogram.ts";
import { naiveStems16 } from "./naive/stems16.ts";
import { createNativeDemixSession } from "./backends/native/htdemucs.ts";
import { loadDemixer } from "./backends/demixers.ts";
import { demix, type Demixer, wholeNetwork } from "./demix.ts";
import { excerpt } from "./mixture.ts";
import { spectrogram } from "./spectrogram.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

const TOLERANCE = { absolute: 1e-6, relative: 1e-6 };

/** A small separation network. */
const checkpoint = readThCheckpoint(
  "small",
  await Deno.readFile(new URL("../models/testdata/small_htdemucs.th", import.meta.url)),
);
const session = await createNativeDemixSession(checkpoint);
const demixer: Demixer = {
  name: "small",
  sha256: checkpoint.sha256,
  backend: "native",
  networks: [wholeNetwork(session)],
};
Deno.test.afterAll(() => session.release());

Deno.test("demix() gives the mean of its passes", async () => {
  const mixture = excerpt(await separationClip(), 0, 20_000);
  const stemsOf = async (...shifts: number[]): Promise<Tensor<"f32">> => {
    const { stems } = await demix(demixer, mixture, { shifts, stems: "floats" });
    ok(stems);
    return stems;
  };
  const both = await stemsOf(7, 20_000);
  const [one, other] = [await stemsOf(7), await stemsOf(20_000)];
  const mean = one.data.map((value, i) => (value + other.data[i]!) / 2);
  ok(compare(both, tensor("f32", both.shape, mean), TOLERANCE).passed);
  ok(!compare(both, one, TOLERANCE).passed);
});

Deno.test("demix() makes silence of silence, and floats only where they are asked for", async () => {
  const silence = tensor("f32", [2, 1000], new Float32Array(2000));
  const { stems, stems16 } = await demix(demixer, silence, { shifts: [null], stems: "stereo" });
  equal(stems, undefined);
  equal(stems16.shape, [4, 2, 1000]);
  ok(stems16.data.every((sample) => sample === 0));
});

Deno.test("demix() to mono makes the same spectrograms, also of stems that have to be rescaled", async () => {
  const { shape, data } = await separationClip();
  const samples = shape[1] ?? 0;
  // Too loud nowhere, everywhere, and late: then what comes before is separated again.
  for (const [quiet, again] of [[samples, []], [0, []], [samples - 20_000, [1]]] as const) {
    const loudnessAt = (at: number): number => at % samples < quiet ? 0.01 : 10;
    const mixture = tensor("f32", shape, data.map((sample, at) => loudnessAt(at) * sample));
    const segments: number[] = [];
    const options = { shifts: [9], onProgress: (done: number) => void segments.push(done) };
    const { stems, stems16 } = await demix(demixer, mixture, { ...options, stems: "floats" });
    const mono = await demix(demixer, mixture, { ...options, stems: "mono" });
    const isLoud = stems!.data.some((sample) => Math.abs(sample) > 1 / 1.01);
    equal(isLoud, quiet < samples);
    // Once for stereo and once for mono.
    equal(segments, [1, 2, 1, 2, ...again]);
    equal(mono.stems16.shape, [4, 1, shape[1]]);
    equal(await spectrogram(mono.stems16), await spectrogram(stems16));
  }
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
  equal([hpss.name, hpss.sha256, hpss.networks], ["hpss", null, []]);
  const samples = 20 * 44_100;
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
  const samples = 30 * 44_100;
  const { shape, data } = soundOf(samples, 1);
  for (const quiet of [samples, 0, samples - 44_100]) {
    const loudnessAt = (at: number): number => at % samples < quiet ? 0.9 : 4;
    const mixture = tensor("f32", shape, data.map((sample, at) => loudnessAt(at) * sample));
    const stereo = await demix(hpss, mixture, { shifts: [0], stems: "stereo" });
    const mono = await demix(hpss, mixture, { shifts: [0], stems: "mono" });
    equal(mono.stems16.shape, [4, 1, samples]);
    equal(await spectrogram(mono.stems16), await spectrogram(stereo.stems16));
  }
});

/** The mean of left and right of `[stems, 2, samples]`, truncated toward zero. */
function naiveMono({ shape, data }: Tensor<"i16">): Tensor<"i16"> {
  const [stems = 0, , samples = 0] = shape;
  const mean = Int16Array.from({ length: stems * samples }, (_, at) => {
    const left = Math.floor(at / samples) * 2 * samples + at % samples;
    return Math.trunc((data[left]! + data[left + samples]!) / 2);
  });
  return tensor("i16", [stems, 1, samples], mean);
}

Deno.test("demix() with hpss-mix has bass and drums of hpss, and the mixture, rounded as a stem, twice", async () => {
  const [hpss, mixing] = [await loadDemixer("hpss"), await loadDemixer("hpss-mix")];
  equal([mixing.name, mixing.sha256, mixing.rhythmOf], ["hpss-mix", null, hpss]);
  const samples = 5 * 44_100;
  const { shape, data } = soundOf(samples, 1);
  // Too loud for 16 bit nowhere, everywhere, and late.
  for (const quiet of [samples, 0, samples - 44_100]) {
    const loudnessAt = (at: number): number => at % samples < quiet ? 0.9 : 4;
    const mixture = tensor("f32", shape, data.map((sample, at) => loudnessAt(at) * sample));
    const whole = await demix(hpss, mixture, { shifts: [0], stems: "floats" });
    const stems = tensor("f32", [4, ...shape], whole.stems!.data.slice());
    for (const stem of [2, 3]) stems.data.set(mixture.data, stem * 2 * samples);
    const stems16 = naiveStems16(stems);
    equal(await demix(mixing, mixture, { shifts: [0], stems: "floats" }), { stems, stems16 });
    equal(await demix(mixing, mixture, { shifts: [0], stems: "stereo" }), { stems16 });
    const mono = await demix(mixing, mixture, { shifts: [0], stems: "mono" });
    equal(mono, { stems16: naiveMono(stems16) });

    const expected = naiveSpectrogram(stems16);
    ok(compare(await spectrogram(mono.stems16), expected, TOLERANCE).passed);
    // Stems of hpss do not pass, nor does a mixture that is cut off where it is too loud.
    ok(!compare(await spectrogram(whole.stems16), expected, TOLERANCE).passed);
    if (quiet === samples) continue;
    const cutOff = stems16.data.slice();
    cutOff.set(Array.from(mixture.data, (v) => Math.min(Math.max(v, -1), 1) * 32767), 4 * samples);
    const cut = await spectrogram(tensor("i16", stems16.shape, cutOff));
    ok(!compare(cut, expected, TOLERANCE).passed);
  }
});

Deno.test("demix() with hpss-mix frees the mixture only where it is told to, and makes silence of silence", async () => {
  const mixing = await loadDemixer("hpss-mix");
  const options = { shifts: [0], stems: "mono" } as const;
  const mixture = soundOf(44_100, 2);
  const gone = tensor("f32", mixture.shape, mixture.data.slice());
  const { stems16 } = await demix(mixing, mixture, options);
  equal((await demix(mixing, gone, { ...options, releaseMixture: true })).stems16, stems16);
  equal([mixture.data.length, gone.data.length], [88_200, 0]);
  const silence = tensor("f32", [2, 1000], new Float32Array(2000));
  ok((await demix(mixing, silence, options)).stems16.data.every((sample) => sample === 0));
  for (const stems of ["mono", "stereo", "floats"] as const) {
    const nothing = tensor("f32", [2, 0], new Float32Array());
    await rejects(demix(mixing, nothing, { shifts: [], stems }), /no audio/);
  }
});

Deno.test("demix() has more segments where they overlap more", async () => {
  const mixture = excerpt(await separationClip(), 0, 200_000);
  const totals: number[] = [];
  for (const overlap of [0, 0.25, 0.5, 0.9]) {
    let all = 0;
    const onProgress = (_: number, total: number): number => all = total;
    const options = { shifts: [null], stems: "floats", overlap, onProgress } as const;
    const { stems } = await demix(demixer, mixture, options);
    ok(stems!.data.every((value) => Number.isFinite(value)));
    totals.push(all);
  }
  // Segments of 343980 samples; every 343980, 257985, 171990 and 34397 of them.
  equal(totals, [1, 1, 2, 6]);
  for (const overlap of [-0.1, 0.991, NaN]) {
    await rejects(
      demix(demixer, mixture, { shifts: [0], stems: "stereo", overlap }),
      /overlap by 0/,
    );
  }
});
