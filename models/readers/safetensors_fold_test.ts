import assert from "node:assert/strict";
import { elementCount } from "../../core/tensor.ts";
import { allInOneParameters } from "../all_in_one/parameters.ts";
import { parseConfiguration } from "../all_in_one/configuration.ts";
import { ModelError } from "../model_error.ts";
import { readSafetensorsFold } from "./safetensors_fold.ts";

const TEXT = "depth: 1\ndim_embed: 4\nbest_threshold_downbeat: 0.24\ndata:\n  num_labels: 2\n";
const CONFIGURATION = parseConfiguration({
  depth: 1,
  dim_embed: 4,
  best_threshold_downbeat: 0.24,
  data: { num_labels: 2 },
});

/** A file in half precision: element i of a tensor is i mod 2048 / 1024, which half precision holds exactly. */
function stored(leaveOut?: string): Uint8Array {
  const header: Record<string, unknown> = {};
  const values: number[] = [];
  for (const { name, shape } of allInOneParameters(CONFIGURATION)) {
    if (name === leaveOut) continue;
    const begin = values.length * 2;
    for (let i = 0; i < elementCount(shape); i++) values.push(i % 2048 / 1024);
    header[name] = { dtype: "F16", shape, data_offsets: [begin, values.length * 2] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const data = new Uint8Array(Float16Array.from(values).buffer);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

Deno.test("readSafetensorsFold() widens half precision and keeps torch's layout", () => {
  const fold = readSafetensorsFold("small", stored(), TEXT);
  assert.equal(fold.name, "small");
  assert.deepEqual(fold.configuration, CONFIGURATION);
  assert.match(fold.sha256, /^[0-9a-f]{64}$/);
  const expected = allInOneParameters(CONFIGURATION);
  assert.equal(fold.tensors.size, expected.length);
  for (const { name, shape } of expected) {
    const found = fold.tensors.get(name)!;
    assert.deepEqual(found.shape, shape, name);
    assert.ok(found.data.every((value, i) => value === i % 2048 / 1024), name);
  }
});

Deno.test("readSafetensorsFold() fails on other tensors and on text that is no configuration", () => {
  assert.throws(
    () => readSafetensorsFold("small", stored("norm.weight"), TEXT),
    /1 missing: norm\.weight/,
  );
  for (const text of ["depth: [", "- 1", "depth: 2\ndim_embed: 4\ndata:\n  num_labels: 2\n"]) {
    assert.throws(() => readSafetensorsFold("small", stored(), text), ModelError);
  }
});
