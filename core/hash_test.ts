import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { arraySha256, bytesSha256, fileSha256 } from "./hash.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";

Deno.test("files and arrays longer than one piece have the hash of all their bytes", async () => {
  const bytes = Uint8Array.from({ length: 2 ** 21 + 3 }, (_, at) => (at * 7919) >> 3);
  const expected = bytesSha256(bytes);
  equal(await arraySha256(bytes), expected);
  const shorts = new Int16Array(bytes.buffer, 2, 2 ** 20);
  equal(await arraySha256(shorts), bytesSha256(bytes.subarray(2, 2 + 2 ** 21)));
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "file");
    await writeFile(path, bytes);
    equal(await fileSha256(path), expected);
    await writeFile(path, "");
    equal(await fileSha256(path), bytesSha256(new Uint8Array()));
  });
});

Deno.test("fileSha256() leaves its buffer to no garbage collector", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "file");
    await writeFile(path, "some bytes");
    const before = Deno.memoryUsage().external;
    for (let file = 0; file < 10; file++) await fileSha256(path);
    const growth = Deno.memoryUsage().external - before;
    ok(growth < 2 ** 20, `${growth} bytes`);
  });
});
