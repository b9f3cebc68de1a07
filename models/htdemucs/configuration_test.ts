import assert from "node:assert/strict";
import {
  encoderChannels,
  parseHtdemucsConfiguration,
  PUBLISHED_ARGUMENTS,
  PUBLISHED_HTDEMUCS,
  segmentFrames,
  transformerChannels,
} from "./configuration.ts";
import { ModelError } from "../model_error.ts";
import { TorchFraction } from "../torch/torch_fraction.ts";

function refused(changes: Record<string, unknown>): ModelError {
  let thrown: unknown;
  try {
    parseHtdemucsConfiguration({ ...PUBLISHED_ARGUMENTS, ...changes });
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof ModelError, `${JSON.stringify(changes)} was accepted`);
  assert.equal(thrown.problem, "configuration");
  return thrown;
}

Deno.test("the published configuration has segments of 343 980 samples and 336 frames", () => {
  assert.equal(PUBLISHED_HTDEMUCS.segmentSamples, 343_980);
  assert.equal(segmentFrames(PUBLISHED_HTDEMUCS), 336);
  assert.deepEqual(encoderChannels(PUBLISHED_HTDEMUCS), [48, 96, 192, 384]);
  assert.equal(transformerChannels(PUBLISHED_HTDEMUCS), 512);
});

Deno.test("parseHtdemucsConfiguration() rejects unimplemented arguments by name", () => {
  const changes: Record<string, unknown> = {
    cac: false,
    multi_freqs: [0.5],
    t_emb: "cape",
    t_sparse_self_attn: true,
    t_cross_first: true,
    dconv_mode: 1,
    norm_starts: 2,
    channels_time: 24,
    kernel_size: 4,
    rewrite: null,
    use_train_segment: false,
    bottom_channels: 510,
    nfft: 512,
    depth: 0,
    channels: "48",
    sources: [],
    segment: new TorchFraction(0, 5),
    freq_emb: NaN,
  };
  for (const [name, value] of Object.entries(changes)) {
    assert.match(refused({ [name]: value }).message, new RegExp(`argument ${name} `));
  }
  const { dconv_mode: _, ...withoutMode } = PUBLISHED_ARGUMENTS;
  assert.throws(() => parseHtdemucsConfiguration(withoutMode), /dconv_mode must be 3/);
});

Deno.test("parseHtdemucsConfiguration() ignores unknown and training arguments", () => {
  const more = { ...PUBLISHED_ARGUMENTS, t_dropout: 0.02, rescale: 0.1, new_argument: [1] };
  assert.deepEqual(parseHtdemucsConfiguration(new Map(Object.entries(more))), PUBLISHED_HTDEMUCS);
});

Deno.test("parseHtdemucsConfiguration() fails on a value that is not a dictionary", () => {
  for (const source of [null, undefined, 1, "x", [1]]) {
    assert.throws(() => parseHtdemucsConfiguration(source), ModelError);
  }
});
