/**
 * Walks down the separation network at full size: every seam between its layers against true demucs in
 * double precision. A seam is right when it is no further off than demucs itself is in single precision, in
 * the same elements.
 */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import ort from "onnxruntime-node";
import {
  type InnerSeam,
  innerSeams,
  sampledElements,
  separationClip,
  storedElements,
} from "../fixtures/separation.ts";
import { openSeparation, SEGMENT_SAMPLES, SEGMENT_SPECTRUM } from "../kernels/kernels.ts";
import { compare } from "../parity/compare.ts";
import { openNativeHtdemucs } from "../pipeline/backends/native_htdemucs.ts";
import { elementCount } from "../pipeline/tensor.ts";
import { buildHtdemucs } from "./htdemucs.ts";
import type { HtdemucsCheckpoint } from "./htdemucs_checkpoint.ts";
import { seededHtdemucs } from "./seeded_htdemucs.ts";

/** Every seam, in the order of the data. */
const ORDER: readonly string[] = [
  ...["stft", "spectrum", "mix"],
  ...[0, 1, 2, 3].flatMap((layer) => [`encoder.${layer}`, `tencoder.${layer}`]),
  ...["crosstransformer.spectrum", "crosstransformer.wave"],
  ...[0, 1, 2].flatMap((layer) => [`decoder.${layer}`, `tdecoder.${layer}`]),
  ...["spectrum_out", "wave_out"],
];

/** What the graph is fed and puts out, by its own names. */
type Arrays = Readonly<Record<string, Float32Array>>;

const checkpoint = seededHtdemucs();
const inputs = await firstSegment();

/** What the kernels make of the first segment of the clip. */
async function firstSegment(): Promise<Record<"mix" | "spectrum", Float32Array<ArrayBuffer>>> {
  const mixture = await separationClip();
  const separation = await openSeparation(mixture.data as Float32Array<ArrayBuffer>, [0]);
  const mix = new Float32Array(2 * SEGMENT_SAMPLES);
  const spectrum = new Float32Array(4 * elementCount(SEGMENT_SPECTRUM));
  await separation.input(0, mix, spectrum);
  separation.close();
  return { mix, spectrum };
}

/** Runs the segment with the kernels. */
async function runNative(weights: HtdemucsCheckpoint): Promise<Arrays> {
  const kernel = await openNativeHtdemucs(weights, 2);
  const { mix, spectrum } = inputs;
  const outputs = {
    wave_out: new Float32Array(4 * mix.length),
    spectrum_out: new Float32Array(4 * spectrum.length),
  };
  await kernel.run(mix, spectrum, outputs.wave_out, outputs.spectrum_out, true);
  const arrays: Record<string, Float32Array> = { ...inputs, ...outputs };
  for (const { seam, sampledFrom } of innerSeams) {
    const name = seam.replace(/\.wave$/, "_t").replace(/\.spectrum$/, "");
    if (name === "stft" || name in arrays) continue;
    const values = new Float32Array(elementCount(sampledFrom));
    await kernel.seam(name, values);
    arrays[name] = values;
  }
  kernel.close();
  return arrays;
}

/** Runs the segment with ONNX Runtime. */
async function runOnnx(weights: HtdemucsCheckpoint): Promise<Arrays> {
  const graph = buildHtdemucs(weights, { innerSeams: true });
  const session = await ort.InferenceSession.create(graph, { enableMemPattern: false });
  const outputs = await session.run({
    mix: new ort.Tensor("float32", inputs.mix, [1, 2, SEGMENT_SAMPLES]),
    spectrum: new ort.Tensor("float32", inputs.spectrum, [1, 4, ...SEGMENT_SPECTRUM]),
  });
  await session.release();
  const data = Object.entries(outputs).map(([name, output]) => [name, output.data]);
  return { ...inputs, ...Object.fromEntries(data) };
}

/** The elements of a seam as upstream has them, by index in C order. */
function elementsOf(reference: InnerSeam, arrays: Arrays): (index: number) => number {
  const { seam, sampledFrom, statistics: { mean, rms } } = reference;
  const size = elementCount(sampledFrom);
  const array = (name: string): Float32Array => {
    const found = arrays[name];
    equal(found?.length, size, `${name} is to have ${size} elements`);
    return found!;
  };
  if (seam === "stft") {
    // The kernels hand out the normalised spectrum only: the reference's statistics undo it.
    const deviation = Math.sqrt((rms * rms - mean * mean) * size / (size - 1));
    const spectrum = array("spectrum");
    return (index) => spectrum[index]! * (deviation + 1e-5) + mean;
  }
  if (seam === "encoder.0") {
    // Upstream adds the frequency embedding to what the module returns, the graph before its seam.
    const [, channels = 0, rows = 0, frames = 0] = sampledFrom;
    const embedding = checkpoint.tensors.get("freq_emb.embedding.weight")!.data;
    const { freqEmb, embScale } = checkpoint.configuration;
    const encoded = array(seam);
    return (index) => {
      const line = Math.floor(index / frames);
      const at = (line % rows) * channels + Math.floor(line / rows);
      return encoded[index]! - freqEmb * embScale * embedding[at]!;
    };
  }
  if (seam.startsWith("crosstransformer.")) {
    // Upstream puts the channels first again; the graph has [tokens, channels].
    const channels = sampledFrom[1] ?? 0;
    const tokens = size / channels;
    const output = array(seam.endsWith(".wave") ? "crosstransformer_t" : "crosstransformer");
    return (index) => output[(index % tokens) * channels + Math.floor(index / tokens)]!;
  }
  const output = array(seam);
  return (index) => output[index]!;
}

/** The seams that are further off than demucs is in single precision, with what is known of each. */
async function wrongSeams(arrays: Arrays): Promise<{ seam: string; reason: string }[]> {
  const wrong = [];
  for (const seam of ORDER) {
    const reference = innerSeams.find((one) => one.seam === seam)!;
    const expected = await storedElements(reference);
    const { length } = expected.data;
    const actual = sampledElements(reference, length, elementsOf(reference, arrays));
    const { minTolerance } = reference.upstreamFloat32;
    const tolerance = { absolute: minTolerance, relative: minTolerance };
    const { passed, reason = "" } = compare(actual, expected, tolerance);
    if (!passed) wrong.push({ seam, reason });
  }
  return wrong;
}

/** The weights with one value changed. */
function damaged(name: string): HtdemucsCheckpoint {
  const tensors = new Map(checkpoint.tensors);
  const parameter = tensors.get(name);
  ok(parameter !== undefined, name);
  const data = parameter.data.slice();
  data[1]! += 0.01;
  tensors.set(name, { ...parameter, data });
  return { ...checkpoint, tensors };
}

const BACKENDS = { native: runNative, onnx: runOnnx };

for (const [backend, run] of Object.entries(BACKENDS)) {
  Deno.test(`${backend}: no seam is further from demucs than demucs is in single precision`, async () => {
    equal(innerSeams.map(({ seam }) => seam).toSorted(), ORDER.toSorted());
    equal(await wrongSeams(await run(checkpoint)), []);
  });
}

for (
  const [parameter, seam] of [
    ["encoder.2.conv.bias", "encoder.2"],
    ["crosstransformer.layers_t.4.linear2.bias", "crosstransformer.wave"],
    ["tdecoder.1.conv_tr.bias", "tdecoder.1"],
  ] as const
) {
  Deno.test(`the first wrong seam of a network with a damaged ${parameter} is ${seam}`, async () => {
    equal((await wrongSeams(await runNative(damaged(parameter))))[0]?.seam, seam);
  });
}
