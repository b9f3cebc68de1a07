import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tensor } from "./tensor.ts";
import { writeNpy } from "./npy.ts";
import { NpyFile } from "./npy_file.ts";

const TESTDATA = join(import.meta.dirname ?? ".", "testdata");

async function withFile(
  bytes: Uint8Array,
  action: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tactus-npy-"));
  try {
    await writeFile(join(folder, "a.npy"), bytes);
    await action(join(folder, "a.npy"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const SIX = tensor("i16", [2, 3], Int16Array.of(1, -2, 3, -4, 5, -6));

Deno.test("NpyFile reads any part of an array", async () => {
  await withFile(writeNpy(SIX), async (path) => {
    const file = await NpyFile.open(path);
    equal([file.dtype, file.shape], ["i16", [2, 3]]);
    equal(await file.read(0, 6), SIX.data);
    equal(await file.read(4, 2), Int16Array.of(5, -6));
    equal(await file.read(6, 0), new Int16Array());
    await rejects(file.read(5, 2), /became shorter/);
    await file.close();
  });
});

Deno.test("NpyFile reads numpy's files, and rejects arrays that cannot be read in parts", async () => {
  for (const [name, shape] of [["vector", 1], ["version2", undefined], ["scalar", 0]] as const) {
    const file = await NpyFile.open(join(TESTDATA, `${name}.npy`));
    if (shape !== undefined) equal(file.shape.length, shape);
    await file.close();
  }
  await rejects(NpyFile.open(join(TESTDATA, "fortran.npy")), /Fortran order.*ascontiguousarray/);
  await rejects(NpyFile.open(join(TESTDATA, "big_endian.npy")));
  await rejects(NpyFile.open(join(TESTDATA, "stored.npz")), /Not a \.npy file/);
  await rejects(NpyFile.open(join(TESTDATA, "missing.npy")), /ENOENT/);
});

Deno.test("NpyFile rejects a file that is cut short or too long", async () => {
  await withFile(writeNpy(SIX), async (path) => {
    await truncate(path, writeNpy(SIX).length - 1);
    await rejects(NpyFile.open(path), /takes 12 bytes, but the file has 11/);
    await truncate(path, 20);
    await rejects(NpyFile.open(path));
    await truncate(path, 0);
    await rejects(NpyFile.open(path), /Not a \.npy file/);
  });
  await withFile(Uint8Array.of(...writeNpy(SIX), 0), async (path) => {
    await rejects(NpyFile.open(path), /takes 12 bytes, but the file has 13/);
  });
});
