import assert from "node:assert/strict";
import { halfNpy } from "./half_npy.ts";

Deno.test("halfNpy() writes numpy's header, padded to 64 bytes, and the values in half precision", () => {
  const file = halfNpy([2, 2], [new Float32Array([1, -2]), new Float32Array([0.5, 65536])]);
  assert.deepEqual([...file.subarray(0, 8)], [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  const length = new DataView(file.buffer).getUint16(8, true);
  assert.equal((10 + length) % 64, 0);
  const header = new TextDecoder().decode(file.subarray(10, 10 + length));
  assert.match(
    header,
    /^\{'descr': '<f2', 'fortran_order': False, 'shape': \(2, 2\), \} *\n$/,
  );
  const bits = [...new Uint16Array(file.buffer, 10 + length)];
  assert.deepEqual(bits, [0x3c00, 0xc000, 0x3800, 0x7c00]);
});

Deno.test("halfNpy() fails where shape and elements disagree", () => {
  assert.throws(() => halfNpy([3], [new Float32Array(2)]), RangeError);
});
