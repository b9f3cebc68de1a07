import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { zipSync } from "fflate";
import { type Tensor, tensor } from "./tensor.ts";
import { writeNpy } from "./npy.ts";
import { ArrayError, type ArrayProblem } from "./array_error.ts";
import { readNpz, writeNpz } from "./npz.ts";

function file(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`./testdata/${name}.npz`, import.meta.url)));
}

function fails(problem: ArrayProblem, action: () => unknown, message = /./): void {
  assert.throws(
    action,
    (error) =>
      error instanceof ArrayError && error.problem === problem && message.test(error.message),
  );
}

const LABEL = tensor("i32", [2, 12], Int32Array.from({ length: 24 }, (_, i) => i));

Deno.test("readNpz() reads what numpy.savez wrote", () => {
  const arrays = readNpz(file("stored"));
  assert.deepEqual([...arrays.keys()], ["beat", "label"]);
  assert.deepEqual(arrays.get("beat"), tensor("f32", [3], new Float32Array([0, 1, 2])));
  assert.deepEqual(arrays.get("label"), LABEL);
});

Deno.test("readNpz() reads what numpy.savez_compressed wrote", () => {
  const arrays = readNpz(file("deflated"));
  assert.deepEqual(arrays.get("beat"), tensor("f32", [1000], new Float32Array(1000)));
  assert.deepEqual(arrays.get("label"), LABEL);
});

Deno.test("writeNpz() and readNpz() are inverse, also without any array", () => {
  const arrays = new Map<string, Tensor>([["label", LABEL], [
    "empty",
    tensor("f64", [0], new Float64Array(0)),
  ]]);
  assert.deepEqual(readNpz(writeNpz(arrays)), arrays);
  assert.deepEqual(writeNpz(arrays), writeNpz(arrays));
  assert.equal(readNpz(writeNpz([])).size, 0);
  fails("archive", () => writeNpz([["label", LABEL], ["label", LABEL]]), /two arrays/);
});

Deno.test("readNpz() fails on a changed byte", () => {
  const archive = file("stored");
  archive[180]! ^= 1;
  fails("archive", () => readNpz(archive), /checksum of beat/);
});

Deno.test("readNpz() fails on an archive cut short", () => {
  const archive = file("stored");
  fails("archive", () => readNpz(archive.subarray(0, -1)));
  fails("archive", () => readNpz(archive.subarray(100)));
  fails("archive", () => readNpz(new Uint8Array(0)));
});

Deno.test("readNpz() fails beyond its limits before it inflates", () => {
  const bomb = zipSync({ "zeros.npy": new Uint8Array(10_000_000) });
  assert.ok(bomb.length < 20_000);
  fails("too-large", () => readNpz(bomb, { entries: 10, totalBytes: 1_000_000 }));
  fails("too-large", () => readNpz(file("stored"), { entries: 1, totalBytes: 1_000_000 }));
});

Deno.test("readNpz() fails on one entry under many names before it inflates", () => {
  const single = zipSync({ "0.npy": new Uint8Array(1_000_000) }, { level: 9 });
  const view = new DataView(single.buffer, single.byteOffset);
  const directory = view.getUint32(single.length - 6, true);
  const record = single.subarray(directory, -22);
  const records = Array.from({ length: 10 }, (_, copy) => {
    const renamed = record.slice();
    renamed[46] = "0".charCodeAt(0) + copy;
    return [...renamed];
  });
  const end = single.slice(-22);
  new DataView(end.buffer).setUint16(10, records.length, true);
  const archive = Uint8Array.from([...single.subarray(0, directory), ...records.flat(), ...end]);
  fails("archive", () => readNpz(archive), /overlap/);
});

Deno.test("readNpz() fails on a size that deflate cannot reach", () => {
  const archive = zipSync({ "a.npy": writeNpy(LABEL) });
  const view = new DataView(archive.buffer, archive.byteOffset);
  const directory = view.getUint32(archive.length - 6, true);
  view.setUint32(directory + 24, 200_000_000, true);
  fails("archive", () => readNpz(archive), /cannot unpack/);
});

Deno.test("readNpz() fails on a repeated name and on entries that are not arrays", () => {
  const archive = zipSync({ "a.npy": writeNpy(LABEL), "b.npy": writeNpy(LABEL) }, { level: 0 });
  const view = new DataView(archive.buffer, archive.byteOffset);
  const directory = view.getUint32(archive.length - 6, true);
  archive[directory + 46 + 46 + 5] = "a".charCodeAt(0);
  fails("archive", () => readNpz(archive), /twice/);
  fails("archive", () => readNpz(zipSync({ "readme.txt": new Uint8Array(1) })), /readme/);
  fails("not-npy", () => readNpz(zipSync({ "x.npy": new Uint8Array(20) })), /x\.npy/);
});
