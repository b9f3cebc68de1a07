import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { ArrayFile } from "./array_file.ts";
import type { ByteSource } from "./byte_source.ts";

/** Returns a source over bytes in memory that counts the bytes that were read. */
function memory(bytes: Uint8Array): ByteSource & { bytesRead: number } {
  return {
    size: bytes.length,
    bytesRead: 0,
    read(target, position): Promise<void> {
      target.set(bytes.subarray(position, position + target.length));
      this.bytesRead += target.length;
      return Promise.resolve();
    },
  };
}

Deno.test("ArrayFile reads any part of an array in C order", async () => {
  const source = memory(new Uint8Array(Int16Array.of(0, 1, -2, 3, -4, 5, -6).buffer));
  const layout = { type: "i16", bigEndian: false, fortranOrder: false, dataStart: 2 } as const;
  const file = new ArrayFile(source, { ...layout, shape: [2, 3] });
  equal(await file.read(0, 6), Int16Array.of(1, -2, 3, -4, 5, -6));
  equal(await file.read(4, 2), Int16Array.of(5, -6));
  equal(await file.read(6, 0), new Int16Array());
  equal(source.bytesRead, 16);
});

Deno.test("ArrayFile returns parts of an array in Fortran order in C order", async () => {
  const shape = [3, 4, 5];
  const stored = new Float32Array(60);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 4; j++) {
      for (let k = 0; k < 5; k++) stored[i + 3 * j + 12 * k] = 100 * i + 10 * j + k;
    }
  }
  const layout = { type: "f32", bigEndian: false, fortranOrder: true, dataStart: 0 } as const;
  const file = new ArrayFile(memory(new Uint8Array(stored.buffer)), { ...layout, shape });
  const expected = Float32Array.from(
    { length: 60 },
    (_, at) => 100 * Math.floor(at / 20) + 10 * (Math.floor(at / 5) % 4) + at % 5,
  );
  for (const [first, count] of [[0, 60], [7, 13], [59, 1], [0, 1], [20, 40]] as const) {
    equal(await file.read(first, count), expected.subarray(first, first + count));
  }
});

Deno.test("ArrayFile passes over a file in Fortran order once for each 2^24 elements", async () => {
  const shape = [3, 1 << 23];
  const stored = new Uint8Array(3 << 23);
  // Element [row, column] is stored at row + 3 * column.
  for (let row = 0; row < 3; row++) stored[row + 3 * 5] = row + 1;
  const source = memory(stored);
  const layout = { type: "u8", bigEndian: false, fortranOrder: true, dataStart: 0 } as const;
  const file = new ArrayFile(source, { ...layout, shape });
  const found: number[] = [];
  for (let first = 0; first < stored.length; first += 1 << 21) {
    const part = await file.read(first, 1 << 21);
    for (let at = 0; at < part.length; at++) if (part[at] !== 0) found.push(first + at);
  }
  equal(found, [5, 5 + (1 << 23), 5 + (2 << 23)]);
  equal(source.bytesRead, 2 * stored.length);
});

Deno.test("ArrayFile passes on that a source ends too early", async () => {
  const source: ByteSource = { size: 8, read: () => Promise.reject(new Error("became shorter")) };
  const layout = { type: "f64", bigEndian: false, fortranOrder: false, dataStart: 0 } as const;
  await rejects(new ArrayFile(source, { ...layout, shape: [1] }).read(0, 1), /became shorter/);
});
