import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { type Tensor, tensor } from "./tensor.ts";
import { parseNpyHeader, readNpy, writeNpy } from "./npy.ts";
import { ArrayError, type ArrayProblem } from "./array_error.ts";

function file(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`./testdata/${name}.npy`, import.meta.url)));
}

function fails(problem: ArrayProblem, action: () => unknown): void {
  assert.throws(action, (error) => error instanceof ArrayError && error.problem === problem);
}

const STORED = { f4: "f32", f8: "f64", i2: "i16", i4: "i32", i8: "i64", u1: "u8" } as const;

for (const [name, dtype] of Object.entries(STORED)) {
  Deno.test(`readNpy() and writeNpy() agree with numpy on ${name}`, () => {
    const bytes = file(name);
    const array = readNpy(bytes);
    assert.equal(array.dtype, dtype);
    assert.deepEqual(array.shape, [2, 3, 4]);
    assert.deepEqual(
      Array.from(array.data, Number),
      Array.from({ length: 24 }, (_, i) => 5 * i + 1),
    );
    assert.deepEqual(writeNpy(array), bytes);
  });
}

for (const name of ["scalar", "vector", "empty"]) {
  Deno.test(`writeNpy() writes numpy's own bytes for the ${name} file`, () => {
    assert.deepEqual(writeNpy(readNpy(file(name))), file(name));
  });
}

Deno.test("readNpy() reads scalars and empty arrays", () => {
  assert.deepEqual(readNpy(file("scalar")), tensor("f64", [], new Float64Array([0.1])));
  assert.deepEqual(readNpy(file("empty")), tensor("f32", [3, 0, 2], new Float32Array(0)));
});

Deno.test("readNpy() converts Fortran order to C order", () => {
  const expected = Float32Array.from({ length: 24 }, (_, i) => i);
  assert.deepEqual(readNpy(file("fortran")), tensor("f32", [2, 3, 4], expected));
});

Deno.test("readNpy() converts big-endian numbers", () => {
  const expected = Float32Array.from({ length: 24 }, (_, i) => i);
  assert.deepEqual(readNpy(file("big_endian")), tensor("f32", [24], expected));
});

Deno.test("readNpy() reads versions 2 and 3", () => {
  for (const name of ["version2", "version3"]) {
    assert.deepEqual(readNpy(file(name)).data, new Float32Array([0, 1, 2, 3, 4]));
  }
});

Deno.test("readNpy() reads a file that starts at an odd byte of its buffer", () => {
  const bytes = file("f8");
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assert.deepEqual(readNpy(shifted.subarray(3)), readNpy(bytes));
});

Deno.test("readNpy() fails on a file that is cut short or too long", () => {
  const bytes = file("f4");
  fails("size", () => readNpy(bytes.subarray(0, -1)));
  fails("size", () => readNpy(bytes.subarray(0, 40)));
  fails("size", () => readNpy(new Uint8Array([...bytes, 0])));
  fails("size", () => readNpy(bytes.subarray(0, 9)));
  fails("not-npy", () => readNpy(bytes.subarray(0, 0)));
  fails("not-npy", () => readNpy(bytes.subarray(1)));
});

Deno.test("readNpy() fails on other element types and versions", () => {
  fails("dtype", () => readNpy(file("structured")));
  const future = file("f4");
  future[6] = 4;
  fails("version", () => readNpy(future));
});

Deno.test("readNpy() never allocates the size that a header claims", () => {
  const claim = "{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000, 4000000000), }";
  const bytes = new Uint8Array(10 + claim.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, claim.length, 0]);
  bytes.set(new TextEncoder().encode(claim), 10);
  fails("size", () => readNpy(bytes));
});

Deno.test("parseNpyHeader() accepts any order of keys and spacing", () => {
  assert.deepEqual(
    parseNpyHeader("{ 'shape':(3 , 4,) ,'descr' : '<i4', 'fortran_order':True}  \n"),
    { type: "i32", bigEndian: false, fortranOrder: true, shape: [3, 4] },
  );
  // As Python 2 wrote it on Windows.
  assert.deepEqual(
    parseNpyHeader("{'descr': '>f8', 'fortran_order': False, 'shape': (2L, 10L), }"),
    { type: "f64", bigEndian: true, fortranOrder: false, shape: [2, 10] },
  );
});

Deno.test("parseNpyHeader() fails on anything except the three literals", () => {
  const malformed = [
    "{'descr': '<f4', 'fortran_order': False}",
    "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (3)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': [3]}",
    "{'descr': '<f4' 'fortran_order': False, 'shape': (3,)}",
    "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'x': 1}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} or exit()",
    "",
  ];
  for (const text of malformed) fails("header", () => parseNpyHeader(text));
  // numpy writes void as |V2; only ml_dtypes writes <V2, for bfloat16.
  for (const descr of ["|O", "<U8", "|S3", "|V2", "|f4", "=f4", "<M8[ns]", "<f16"]) {
    const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (3,)}`;
    fails("dtype", () => parseNpyHeader(text));
  }
  fails("shape", () => {
    const shape = "1, ".repeat(33);
    parseNpyHeader(`{'descr': '<f4', 'fortran_order': False, 'shape': (${shape})}`);
  });
});

Deno.test("writeNpy() fails when shape and elements disagree", () => {
  const wrong: Tensor = { dtype: "f32", shape: [3], data: new Float32Array(2) };
  fails("shape", () => writeNpy(wrong));
});

Deno.test("readNpy() reads from a Buffer that lies inside a larger one", () => {
  const file = writeNpy(tensor("f64", [2], Float64Array.of(1, 2)));
  const larger = Buffer.concat([Buffer.from([7, 7, 7]), file]);
  assert.deepEqual([...readNpy(larger.subarray(3)).data], [1, 2]);
});
