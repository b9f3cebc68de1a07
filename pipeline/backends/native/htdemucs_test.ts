import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import ort from "onnxruntime-node";
import { buildHtdemucs } from "../onnx/htdemucs_graph.ts";
import {
  type HtdemucsConfiguration,
  parseHtdemucsConfiguration,
  segmentFrames,
} from "../../../models/htdemucs/configuration.ts";
import { seededTensor } from "../../../models/all_in_one/seeded.ts";
import { seededHtdemucs } from "../../../models/htdemucs/seeded.ts";
import { compare } from "../../../parity/compare.ts";
import { tensor } from "../../../core/tensor.ts";
import { recordSeams } from "../../../kernels/mod.ts";
import { createNativeDemixSession, openNativeHtdemucs } from "./htdemucs.ts";

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
    const seams = await recordSeams((recorder) =>
      kernel.run(mix.data, spectrum.data, wave, spectrumOut, recorder)
    );
    equal(seams.size + 2, Object.keys(expected).length);
    equal(Object.keys(expected).length, 4 + 4 * configuration.depth);
    for (const [seam, { data }] of Object.entries(expected)) {
      const outputs: Record<string, Float32Array> = { wave_out: wave, spectrum_out: spectrumOut };
      const values = outputs[seam] ?? seams.get(seam)!.data as Float32Array;
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
    equal(await recordSeams(() => Promise.resolve()), new Map());
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
    /HTDemucs needs parameter encoder\.0\.conv\.weight as 320 values of F32, but it is missing/,
  );
});
