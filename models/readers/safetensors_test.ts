import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { elementCount } from "../../core/tensor.ts";
import { parseConfiguration } from "../all_in_one/configuration.ts";
import { allInOneParameters } from "../all_in_one/parameters.ts";
import { encodeSafetensors } from "../encode_safetensors.ts";
import { ModelError } from "../model_error.ts";
import { readSafetensors, readSafetensorsCheckpoint, readSafetensorsFold } from "./safetensors.ts";
import { readThCheckpoint } from "./torch.ts";

function file(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../testdata/${name}`, import.meta.url)));
}

function make(header: unknown, dataBytes: number[], claimed?: bigint): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + text.length + dataBytes.length);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(dataBytes, 8 + text.length);
  return bytes;
}

function entry(dtype: string, shape: unknown, begin: number, end: number): unknown {
  return { dtype, shape, data_offsets: [begin, end] };
}

Deno.test("readSafetensorsCheckpoint() returns the values of the same network's .th", () => {
  const th = readThCheckpoint("tiny", file("htdemucs.th"));
  const bytes = file("htdemucs.safetensors");
  const found = readSafetensorsCheckpoint("tiny", bytes, th.configuration);
  assert.deepEqual(found.tensors, th.tensors);
  assert.notEqual(found.sha256, th.sha256);
  assert.throws(
    () => readSafetensorsCheckpoint("tiny", bytes),
    (error) => error instanceof ModelError && error.problem === "parameters",
  );
});

Deno.test("readSafetensors() widens half precision exactly", () => {
  // 1, -2, the largest, the smallest, the largest subnormal, -0, infinity.
  const halves = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x8000, 0x7c00];
  const bytes = halves.flatMap((bits) => [bits & 0xff, bits >> 8]);
  const { data } = readSafetensors(make({ x: entry("F16", [7], 0, 14) }, bytes)).get("x")!;
  const expected = [1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, -0, Infinity];
  assert.deepEqual([...data], expected);
  const brain = readSafetensors(make({ x: entry("BF16", [1], 0, 2) }, [0x80, 0xbf])).get("x")!;
  assert.deepEqual([...brain.data], [-1]);
});

Deno.test("readSafetensors() reads scalars, empty tensors and metadata", () => {
  const header = {
    __metadata__: { format: "pt" },
    empty: entry("F32", [0, 3], 4, 4),
    scalar: entry("F32", [], 0, 4),
  };
  const found = readSafetensors(make(header, [0, 0, 0x80, 0x3f]));
  assert.deepEqual([...found.keys()], ["empty", "scalar"]);
  assert.deepEqual(found.get("scalar"), { dtype: "f32", shape: [], data: Float32Array.of(1) });
});

Deno.test("readSafetensors() fails on malformed files", () => {
  const four = [0, 0, 0, 0];
  const files: Record<string, Uint8Array> = {
    "too short": new Uint8Array(7),
    "header beyond the file": make({}, [], 1000n),
    "giant header": make({}, [], 2n ** 63n),
    "no JSON": make("{", []),
    "a list": make("[]", []),
    "invalid UTF-8": make("{}", [], 2n).fill(0xff, 8),
    "integers": make({ x: entry("I32", [1], 0, 4) }, four),
    "an inherited type": make({ x: entry("toString", [1], 0, 4) }, four),
    "a negative length": make({ x: entry("F32", [-1], 0, 4) }, four),
    "a huge shape": make({ x: entry("F32", [2 ** 40, 2 ** 40], 0, 4) }, four),
    "wrong size": make({ x: entry("F32", [2], 0, 4) }, four),
    "beyond the data": make({ x: entry("F32", [2], 0, 8) }, four),
    "left-over data": make({ x: entry("F32", [0], 0, 0) }, four),
    "a gap": make({ x: entry("F32", [1], 4, 8) }, [...four, ...four]),
    "an overlap": make({ x: entry("F32", [1], 0, 4), y: entry("F32", [1], 0, 4) }, four),
    "no offsets": make({ x: { dtype: "F32", shape: [1] } }, four),
    "no object": make({ x: 1 }, []),
  };
  for (const [what, bytes] of Object.entries(files)) {
    assert.throws(
      () => readSafetensors(bytes),
      (error) => error instanceof ModelError && error.problem === "format",
      what,
    );
  }
});

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
  const fold = readSafetensorsFold("small", stored(), CONFIGURATION);
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

Deno.test("readSafetensorsFold() fails on other tensors", () => {
  assert.throws(
    () => readSafetensorsFold("small", stored("norm.weight"), CONFIGURATION),
    /1 missing: norm\.weight/,
  );
});

Deno.test("readSafetensorsCheckpoint() takes the sizes from the metadata of demucs 4.1", () => {
  const { tensors, configuration } = readThCheckpoint("tiny", file("htdemucs.th"));
  const kwargs = {
    ...{ sources: configuration.sources, channels: 16, growth: 2, nfft: 256, depth: 2 },
    ...{ dconv_mode: 3, bottom_channels: 8, t_layers: 3, t_heads: 2, t_hidden_scale: 2 },
    ...{ samplerate: 1000, segment: { _type: "fraction", numerator: 53, denominator: 20 } },
  };
  const metadata = {
    format: "pt",
    klass: "demucs.htdemucs.HTDemucs",
    args: "[]",
    kwargs: JSON.stringify(kwargs),
  };
  const read = (changes: Readonly<Record<string, string>>): unknown =>
    readSafetensorsCheckpoint("tiny", encodeSafetensors(tensors, { ...metadata, ...changes }))
      .configuration;
  assert.deepEqual(read({}), configuration);
  const { sources, ...others } = kwargs;
  assert.deepEqual(
    read({ args: JSON.stringify([sources]), kwargs: JSON.stringify(others) }),
    configuration,
  );
  const refused: [Record<string, string>, RegExp][] = [
    [
      { klass: "demucs.hdemucs.HDemucs" },
      /should be of class demucs\.htdemucs\.HTDemucs, but is "/,
    ],
    [{ klass: "os.system" }, /should be of class/],
    [{ structure: "{}" }, /quantized/],
    [{ kwargs: "{" }, /arguments of tiny are not JSON/],
    [{ args: "[1, 2]" }, /at most one without a name/],
    [{ kwargs: "[]" }, /should have named arguments/],
    [{ kwargs: JSON.stringify({ ...kwargs, cac: false }) }, /argument cac must be true/],
    [{ kwargs: JSON.stringify({ ...kwargs, channels: 8 }) }, /does not hold the HTDemucs/],
    [
      {
        kwargs: JSON.stringify({
          ...kwargs,
          segment: { _type: "fraction", numerator: 1, denominator: 0 },
        }),
      },
      /segment must be a positive number/,
    ],
  ];
  for (const [changes, message] of refused) {
    assert.throws(
      () => read(changes),
      (error) => error instanceof ModelError && message.test(error.message),
    );
  }
});
