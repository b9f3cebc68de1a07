import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import ort from "onnxruntime-node";
import { type HtdemucsKernel, openAudio, openSeparation } from "../../kernels/kernels.ts";
import { SEGMENT_SAMPLES, SEGMENT_SPECTRUM } from "../../kernels/kernels.ts";
import { buildHtdemucs } from "../../models/htdemucs.ts";
import {
  type HtdemucsConfiguration,
  parseHtdemucsConfiguration,
  segmentFrames,
} from "../../models/htdemucs_configuration.ts";
import { hash32, seededTensor } from "../../models/seeded.ts";
import { seededHtdemucs } from "../../models/seeded_htdemucs.ts";
import { compare } from "../../parity/compare.ts";
import { fixturesDirectory, readManifest, readVerified } from "../../parity/manifest.ts";
import { readNpyAs } from "../../parity/npy.ts";
import { SAMPLE_RATE_HZ } from "../spectrogram.ts";
import { elementCount, type Tensor, tensor } from "../tensor.ts";
import { createNativeDemixSession, openNativeHtdemucs } from "./native_htdemucs.ts";

interface StoredSeam {
  readonly seam: string;
  readonly path: string;
  readonly sha256: string;
  readonly shape: readonly number[];
  readonly sampledFrom?: readonly number[];
  readonly upstreamFloat32: { readonly maxAbs: number };
}

/** The manifest's references of true demucs with seeded weights. */
interface References {
  readonly clip: {
    readonly piece: string;
    readonly startSample: number;
    readonly samples: number;
  };
  readonly seams: readonly StoredSeam[];
}

const { separation: references } = await readManifest() as unknown as { separation: References };

/** The clip of the demo mix that the references were made from: `[2, samples]` f32. */
async function clip(): Promise<Float32Array<ArrayBuffer>> {
  const { piece, startSample, samples } = references.clip;
  const file = await openAudio(join(fixturesDirectory, "audio", piece, "mix.flac"), SAMPLE_RATE_HZ);
  const { data } = await file.read();
  file.close();
  const excerpt = new Float32Array(2 * samples);
  for (let channel = 0; channel < 2; channel++) {
    const start = channel * file.samples + startSample;
    excerpt.set(data.subarray(start, start + samples), channel * samples);
  }
  return excerpt;
}

async function stored(file: StoredSeam): Promise<Tensor<"f32">> {
  return readNpyAs(await readVerified(file), "f32");
}

/** The seam of ours that a stored one is called, and whether its axes are turned. */
function ownName(seam: string): readonly [name: string, turned: boolean] {
  if (seam === "crosstransformer.spectrum") return ["crosstransformer", true];
  if (seam === "crosstransformer.wave") return ["crosstransformer_t", true];
  return [seam, false];
}

/** The sampled elements of an inner seam that a run has kept. */
async function sampledSeam(kernel: HtdemucsKernel, seam: StoredSeam): Promise<Float32Array> {
  const [name, turned] = ownName(seam.seam);
  const [, channels = 1, ...axes] = seam.sampledFrom!;
  const size = channels * elementCount(axes);
  const positions = size / channels;
  const values = new Float32Array(size);
  await kernel.seam(name, values);
  return Float32Array.from({ length: seam.shape[0]! }, (_, i) => {
    const at = hash32(i) % size;
    return values[turned ? at % positions * channels + Math.floor(at / positions) : at]!;
  });
}

Deno.test("a native session separates as true demucs does, in every sample", async (test) => {
  const checkpoint = seededHtdemucs();
  const session = await createNativeDemixSession(checkpoint, 2);
  const mixture = await clip();
  const separation = await openSeparation(mixture, 0);
  const wave = new Float32Array(2 * SEGMENT_SAMPLES);
  const spectrum = new Float32Array(4 * elementCount(SEGMENT_SPECTRUM));
  const stems = new Float32Array(4 * mixture.length);
  for (let index = separation.segments - 1; index >= 0; index--) {
    await separation.input(index, wave, spectrum);
    if (index > 0) continue;
    const first = await session.run(wave, spectrum);
    await separation.output(0, first.wave, first.spectrum, stems);
  }
  for (let index = 1; index < separation.segments; index++) {
    const input = { wave: wave.slice(), spectrum: spectrum.slice() };
    await separation.input(index, input.wave, input.spectrum);
    const output = await session.run(input.wave, input.spectrum);
    await separation.output(index, output.wave, output.spectrum, stems);
  }
  separation.close();
  await session.release();
  const expected = await stored(references.seams.find(({ seam }) => seam === "stems")!);
  const result = compare(tensor("f32", expected.shape, stems), expected, {
    absolute: 1e-6,
    relative: 1e-6,
  });
  ok(result.passed, result.reason);

  await test.step("and its inner seams are no further off than upstream's single precision", async () => {
    const kernel = await openNativeHtdemucs(checkpoint, 2);
    const outputs = [4 * wave.length, 4 * spectrum.length].map((size) => new Float32Array(size));
    await kernel.run(wave, spectrum, outputs[0]!, outputs[1]!, true);
    // Upstream's encoder.0 is taken before the frequency embedding is added, ours after.
    const inner = references.seams.filter(({ seam }) =>
      /^t?(en|de)coder|^cross/.test(seam) && seam !== "encoder.0"
    );
    equal(inner.length, 15);
    for (const seam of inner) {
      const found = await sampledSeam(kernel, seam);
      const { data } = await stored(seam);
      const error = found.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i]!)), 0);
      ok(error <= 1.5 * seam.upstreamFloat32.maxAbs, `${seam.seam} is off by ${error}`);
    }
    kernel.close();
  });
});

const SMALL: Readonly<Record<string, HtdemucsConfiguration>> = {
  "sizes with remainders": parseHtdemucsConfiguration({
    ...{ sources: ["a", "b", "c"], channels: 10, depth: 2, nfft: 256, dconv_mode: 3 },
    ...{ dconv_comp: 3, bottom_channels: 12, t_layers: 3, t_heads: 3, t_hidden_scale: 2.5 },
    segment: 2650 / 44_100,
  }),
  "three levels and no change of channels": parseHtdemucsConfiguration({
    ...{ sources: ["a"], channels: 6, depth: 3, nfft: 512, dconv_mode: 3, dconv_depth: 7 },
    ...{ audio_channels: 1, dconv_comp: 6, t_layers: 2, t_heads: 2, segment: 20_000 / 44_100 },
  }),
};

for (const [name, configuration] of Object.entries(SMALL)) {
  Deno.test(`a native session equals the ONNX graph at every seam: ${name}`, async () => {
    const checkpoint = seededHtdemucs(configuration);
    const { audioChannels, segmentSamples, nfft, sources } = configuration;
    const spectrumShape = [1, 2 * audioChannels, nfft / 2, segmentFrames(configuration)];
    const range = { offset: 0, scale: 2 };
    const mix = seededTensor("mix", [1, audioChannels, segmentSamples], range);
    const spectrum = seededTensor("spectrum", spectrumShape, range);
    const session = await ort.InferenceSession.create(
      buildHtdemucs(checkpoint, { innerSeams: true }),
      { enableMemPattern: false },
    );
    const expected = await session.run({
      mix: new ort.Tensor("float32", mix.data, mix.shape),
      spectrum: new ort.Tensor("float32", spectrum.data, spectrum.shape),
    });
    const kernel = await openNativeHtdemucs(checkpoint, 3);
    const wave = new Float32Array(sources.length * mix.data.length);
    const spectrumOut = new Float32Array(sources.length * spectrum.data.length);
    await kernel.run(mix.data, spectrum.data, wave, spectrumOut, true);
    equal(Object.keys(expected).length, 4 + 4 * configuration.depth);
    for (const [seam, { data }] of Object.entries(expected)) {
      const values = new Float32Array(data.length);
      if (seam === "wave_out") values.set(wave);
      else if (seam === "spectrum_out") values.set(spectrumOut);
      else await kernel.seam(seam, values);
      // Both are in single precision, and seven normed layers in a row carry their rounding on.
      const { passed, reason } = compare(
        tensor("f32", [values.length], values),
        tensor("f32", [values.length], data as Float32Array),
        { absolute: 3e-5, relative: 3e-5 },
      );
      ok(passed, `${seam}: ${reason}`);
    }
    const again = [wave.slice(), spectrumOut.slice()] as const;
    await kernel.run(mix.data, spectrum.data, wave, spectrumOut);
    equal([wave, spectrumOut], [...again], "a run without seams has the same bits");
    await rejects(kernel.seam("encoder.0", new Float32Array(1)), /has kept no seam encoder\.0/);
    await rejects(kernel.run(mix.data, mix.data, wave, spectrumOut), /spectrum must have/);
    kernel.close();
    await session.release();
  });
}

Deno.test("a native session refuses a checkpoint that lacks a parameter", async () => {
  const { tensors, ...rest } = seededHtdemucs(SMALL["sizes with remainders"]);
  const fewer = new Map([...tensors].slice(1));
  await rejects(
    (async () => await createNativeDemixSession({ ...rest, tensors: fewer }, 1))(),
    /seeded-htdemucs has no parameter encoder\.0\.conv\.weight/,
  );
});
