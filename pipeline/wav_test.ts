import { deepStrictEqual as equal } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { encodeWav, openWav } from "./wav.ts";

Deno.test("openWav() reads pieces of what encodeWav() writes, and no other file", async () => {
  await inTemporaryFolder(async (folder) => {
    const samples = 1000;
    const stem = Int16Array.from({ length: 2 * samples }, (_, at) => (at * 7919) % 65_536 - 32_768);
    const bytes = encodeWav(stem);
    const path = join(folder, "stem.wav");
    await writeFile(path, bytes);
    const file = (await openWav(path))!;
    equal(file.samples, samples);
    for (const [first, count] of [[0, samples], [0, 1], [17, 300], [999, 1]] as const) {
      const piece = new Int16Array(2 * count);
      await file.read(first, piece);
      const channel = (at: number): Int16Array => stem.subarray(at + first, at + first + count);
      equal(piece, Int16Array.of(...channel(0), ...channel(samples)));
    }
    await file.close();
    const others = [
      bytes.subarray(0, 43),
      bytes.subarray(0, bytes.length - 1),
      bytes.subarray(0, bytes.length - 4),
      new Uint8Array([...bytes, 0, 0, 0, 0]),
      bytes.with(24, bytes[24]! ^ 1),
      new Uint8Array(),
    ];
    for (const other of others) {
      await writeFile(path, other);
      equal(await openWav(path), undefined);
    }
  });
});
