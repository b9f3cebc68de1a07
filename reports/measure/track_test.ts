import { deepStrictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { findStems } from "../../pipeline/find_stems.ts";
import { readStems } from "../../pipeline/stems.ts";
import { tensor } from "../../core/tensor.ts";
import { inTemporaryFolder } from "../../tests/support/temporary_folder.ts";
import { longStems, writeStems } from "./track.ts";

Deno.test("longStems() repeats the stems of writeStems() until they are long enough", async () => {
  await inTemporaryFolder(async (folder) => {
    const samples = 12_000;
    const data = Int16Array.from({ length: 8 * samples }, (_, i) => (i * 7919) % 65_536 - 32_768);
    const stems16 = tensor("i16", [4, 2, samples], data);
    await writeStems(join(folder, "track"), stems16);
    equal((await readStems(await findStems(join(folder, "track")))).stems16, stems16);
    const long = await longStems(join(folder, "track"), 1);
    equal(long.shape, [4, 2, 44_100]);
    for (let row = 0; row < 8; row++) {
      for (let at = 0; at < 44_100; at++) {
        const expected = data[row * samples + at % samples];
        if (long.data[row * 44_100 + at] !== expected) throw new Error(`row ${row} at ${at}`);
      }
    }
    equal((await longStems(join(folder, "track"), 0.1)).shape, [4, 2, samples]);
  });
});
