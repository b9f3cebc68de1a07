import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parseHtdemucsConfiguration, PUBLISHED_ARGUMENTS } from "./configuration.ts";
import { fnv1a32, hash32 } from "../../core/counter_random.ts";
import { seededTensor } from "../all_in_one/seeded.ts";
import { htdemucsRange, seededHtdemucs } from "./seeded.ts";

// Made by fixtures/upstream/htdemucs_seeded.py in numpy.
const KNOWN_ANSWERS: { readonly sha256InStateOrder: string } = JSON.parse(
  readFileSync(
    new URL("../../fixtures/upstream/htdemucs_known_answers.json", import.meta.url),
    "utf-8",
  ),
);

const SMALL = parseHtdemucsConfiguration({
  ...PUBLISHED_ARGUMENTS,
  channels: 8,
  depth: 2,
  nfft: 256,
  bottom_channels: 16,
  t_layers: 2,
});

Deno.test("seededHtdemucs() has the values of seededTensor()", () => {
  const { name, tensors, sha256 } = seededHtdemucs(SMALL);
  assert.equal(name, "seeded-htdemucs");
  assert.equal(sha256, seededHtdemucs(SMALL).sha256);
  for (const [name, found] of tensors) {
    const range = htdemucsRange({ name, shape: found.shape });
    assert.deepEqual(found, seededTensor(`htdemucs/${name}`, found.shape, range), name);
  }
});

Deno.test("the seeded HTDemucs equals numpy's bit for bit", () => {
  assert.equal(seededHtdemucs().sha256, KNOWN_ANSWERS.sha256InStateOrder);
});

Deno.test("htdemucsRange() returns the range of each kind of parameter", () => {
  const range = (name: string, shape: number[]): number[] => {
    const { offset, scale } = htdemucsRange({ name, shape });
    return [offset, scale];
  };
  assert.deepEqual(range("encoder.0.dconv.layers.0.6.scale", [48]), [0.3, 0.2]);
  assert.deepEqual(range("encoder.0.dconv.layers.0.1.weight", [6]), [1, 0.1]);
  assert.deepEqual(range("encoder.0.conv.bias", [48]), [0, 0.05]);
  assert.deepEqual(range("crosstransformer.layers.0.self_attn.in_proj_bias", [12]), [0, 0.05]);
  assert.deepEqual(range("freq_emb.embedding.weight", [512, 48]), [0, 0.1]);
  assert.deepEqual(range("decoder.0.conv_tr.weight", [6, 2, 8, 1]), [0, Math.sqrt(3 / 12)]);
  assert.deepEqual(range("encoder.0.rewrite.weight", [6, 3, 1, 1]), [0, 1]);
});

Deno.test("seededHtdemucs() starts from the hash of the name and of the index", () => {
  const { tensors } = seededHtdemucs(SMALL);
  const name = "crosstransformer.norm_in.weight";
  const hash = hash32(fnv1a32(`htdemucs/${name}`) ^ hash32(5));
  const expected = Math.fround(1 + 0.1 * ((2 * (hash >>> 8) + 1 - 2 ** 24) / 2 ** 24));
  assert.equal(tensors.get(name)!.data[5], expected);
});
