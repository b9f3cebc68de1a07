import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { tensor } from "../../core/tensor.ts";
import { ModelError, type ModelProblem } from "../model_error.ts";
import { PickleGlobal, PickleTuple, type PickleValue } from "./pickle.ts";
import { readTorchFile, TorchTensor } from "./torch_file.ts";
import { TorchFraction } from "./torch_fraction.ts";

function file(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../testdata/${name}`, import.meta.url)));
}

function map(value: PickleValue | undefined): Map<PickleValue, PickleValue> {
  assert.ok(value instanceof Map);
  return value;
}

function fails(problem: ModelProblem, name: string, message: RegExp): void {
  assert.throws(
    () => readTorchFile(file(name)),
    (error) =>
      error instanceof ModelError && error.problem === problem && message.test(error.message),
  );
}

const COUNT = Float32Array.from({ length: 24 }, (_, i) => i);

for (const name of ["plain.pt", "protocol5.pt"]) {
  Deno.test(`readTorchFile() reads tensors, views and precisions from ${name}`, () => {
    const state = map(map(readTorchFile(file(name))).get("state"));
    const found = (key: string): unknown => {
      const value = state.get(key);
      assert.ok(value instanceof TorchTensor);
      return value.tensor;
    };
    assert.deepEqual(found("plain"), tensor("f32", [2, 3, 4], COUNT));
    const turned = Float32Array.from(COUNT, (_, i) => (i % 4) * 6 + Math.floor(i / 4));
    assert.deepEqual(found("transposed"), tensor("f32", [6, 4], turned));
    assert.deepEqual(found("long"), tensor("i64", [5], BigInt64Array.of(-2n, -1n, 0n, 1n, 2n)));
    assert.deepEqual(found("head"), tensor("f32", [2, 3], COUNT.slice(0, 6)));
    assert.deepEqual(found("tail"), tensor("f32", [6], Float32Array.of(6, 9, 12, 15, 18, 21)));
    assert.deepEqual(found("scalar"), tensor("f32", [], Float32Array.of(0.5)));
    assert.deepEqual(found("empty"), tensor("f32", [0, 3], new Float32Array(0)));
    assert.deepEqual(found("parameter"), tensor("f32", [2], Float32Array.of(1, 1)));
    assert.deepEqual(found("double"), tensor("f32", [24], COUNT.map((x) => x / 3)));
    // Half precision keeps 11 significant bits, bfloat16 keeps 8.
    assert.deepEqual(found("half"), tensor("f32", [24], rounded(11)));
    assert.deepEqual(found("brain"), tensor("f32", [24], rounded(8)));
  });

  Deno.test(`readTorchFile() reads containers, numbers and fractions from ${name}`, () => {
    const value = map(readTorchFile(file(name)));
    const nested = map(value.get("nested"));
    assert.equal(nested.get("a"), null);
    assert.deepEqual(nested.get("b"), [true, false, 1, 300, 70000, -1, 2 ** 40, 0.1, "text"]);
    assert.deepEqual(nested.get("c"), new PickleTuple([1, 2]));
    assert.deepEqual(nested.get("d"), new Set([1, 2]));
    assert.deepEqual(value.get("fraction"), new TorchFraction(39, 5));
    assert.deepEqual(value.get("size"), new PickleTuple([2, 3]));
  });
}

Deno.test("readTorchFile() runs nothing that a file names", () => {
  fails("forbidden", "malicious.pt", /posix\.system/);
});

Deno.test("readTorchFile() returns the name of a class only if the caller allows it", () => {
  fails("forbidden", "klass.pt", /collections\.Counter/);
  const value = map(readTorchFile(file("klass.pt"), { allowedNames: ["collections.Counter"] }));
  assert.deepEqual(value.get("klass"), new PickleGlobal("collections.Counter"));
  assert.deepEqual(map(value.get("kwargs")).get("segment"), new TorchFraction(39, 5));
  assert.throws(
    () => readTorchFile(file("malicious.pt"), { allowedNames: ["posix.system"] }),
    /calls posix\.system, which may not be called/,
  );
});

Deno.test("readTorchFile() rejects a tensor that reaches beyond its storage", () => {
  fails("format", "beyond.pt", /reaches beyond its storage of 4/);
  fails("format", "negative.pt", /unknown shape/);
  fails("format", "short_storage.pt", /should hold 4 elements of f32, but has 12 bytes/);
  fails("too-large", "expanded.pt", /elements/);
});

Deno.test("readTorchFile() explains the old format and other files", () => {
  fails("format", "old_format.pt", /before version 1\.6/);
  fails("format", "make_torch.py", /Not a readable torch file/);
});

Deno.test("readTorchFile() fails on a file cut short anywhere", () => {
  const whole = file("plain.pt");
  for (let length = 0; length < whole.length; length += 97) {
    assert.throws(() => readTorchFile(whole.subarray(0, length)), ModelError);
  }
});

function rounded(bits: number): Float32Array {
  return COUNT.map((x) => {
    if (x === 0) return 0;
    const unit = 2 ** (Math.floor(Math.log2(x / 3)) - bits + 1);
    return Math.round(Math.fround(x / 3) / unit) * unit;
  });
}
