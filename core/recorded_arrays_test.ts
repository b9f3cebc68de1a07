import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { copyFile, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ArrayError } from "./array_error.ts";
import { CounterRandom } from "./counter_random.ts";
import { ELEMENT_TYPES, type ElementType } from "./elements.ts";
import { writeNpy } from "./npy.ts";
import { recordedArrays } from "./recorded_arrays.ts";
import { elementCount, tensor } from "./tensor.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";

const TESTDATA = join(import.meta.dirname ?? ".", "testdata");

/** Reads every array of a recording; in two parts. */
async function contents(
  path: string,
): Promise<Record<string, { type: ElementType; shape: readonly number[]; values: unknown[] }>> {
  const found: Awaited<ReturnType<typeof contents>> = {};
  for (const [name, open] of await recordedArrays(path)) {
    const { array, close } = await open();
    try {
      const count = elementCount(array.shape);
      const half = Math.floor(count / 2);
      const values = [...await array.read(0, half), ...await array.read(half, count - half)];
      found[name] = { type: array.type, shape: array.shape, values };
    } finally {
      await close();
    }
  }
  return found;
}

/** Returns the elements that testdata/make_types.py stores. */
function expectedValues(type: ElementType): unknown[] {
  return Array.from({ length: 24 }, (_, i): unknown[] => {
    if (type === "bool") return [Number(i % 3 === 1)];
    if (type === "u64") return [i === 23 ? 2n ** 63n + 1n : BigInt(i)];
    if (type === "i64") return [i === 23 ? -(2n ** 63n) + 1n : BigInt(i - 12)];
    if (type.startsWith("u")) return [i];
    if (type.startsWith("i")) return [i - 12];
    return type.startsWith("c") ? [i * 0.5 - 1, i] : [i * 0.5 - 1];
  }).flat();
}

const TYPES = Object.keys(ELEMENT_TYPES) as ElementType[];

for (
  const [file, missing] of [
    ["types.npz"],
    ["types_deflated.npz"],
    ["types_fortran.npz"],
    ["types_big_endian.npz", "bf16"],
    ["types.safetensors", "c128"],
  ] as const
) {
  Deno.test(`recordedArrays() reads every element type from ${file}`, async () => {
    const found = await contents(join(TESTDATA, file));
    const types = TYPES.filter((type) => type !== missing);
    equal(Object.keys(found).sort(), [...types].sort());
    for (const type of types) {
      equal(found[type], { type, shape: [2, 3, 4], values: expectedValues(type) }, type);
    }
  });
}

Deno.test("recordedArrays() reads a folder of .npy, raw and archive files", async () => {
  await inTemporaryFolder(async (folder) => {
    await copyFile(join(TESTDATA, "f4.npy"), join(folder, "a.npy"));
    await copyFile(join(TESTDATA, "stored.npz"), join(folder, "more.npz"));
    await copyFile(join(TESTDATA, "types.safetensors"), join(folder, "x.safetensors"));
    await writeFile(join(folder, "raw.bin"), Uint8Array.of(0, 1, 0, 2));
    await writeFile(
      join(folder, "raw.json"),
      JSON.stringify({ dtype: "i16", shape: [2, 1], order: "F", endian: "big" }),
    );
    await writeFile(join(folder, "notes.txt"), "not an array");
    const found = await contents(folder);
    equal(Object.keys(found).slice(0, 4), ["a", "beat", "label", "raw"]);
    equal(Object.keys(found).length, 4 + TYPES.length - 1);
    equal(found["raw"], { type: "i16", shape: [2, 1], values: [1, 2] });
    await writeFile(join(folder, "beat.npy"), writeNpy(tensor("f32", [], Float32Array.of(1))));
    await rejects(recordedArrays(folder), /The array beat is in beat\.npy and in more\.npz/);
  });
});

Deno.test("recordedArrays() rejects a raw file without a description, or of another size", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "raw.bin");
    await writeFile(path, new Uint8Array(8));
    const fails = async (description: string | undefined, message: RegExp): Promise<void> => {
      if (description !== undefined) await writeFile(join(folder, "raw.json"), description);
      await rejects(contents(path), (error) => {
        ok(error instanceof ArrayError && message.test(error.message), String(error));
        return true;
      });
    };
    await fails(undefined, /needs its element type and shape in raw\.json/);
    await fails("{", /does not describe an array/);
    await fails('{"dtype": "float32", "shape": [2]}', /dtype/);
    await fails('{"dtype": "f32", "shape": [3]}', /takes 12 bytes, but the file has 8/);
  });
});

Deno.test("recordedArrays() rejects .npy files that are cut short or too long, and other content", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "a.npy");
    const whole = await readFile(join(TESTDATA, "i2.npy"));
    for (
      const [bytes, message] of [
        [whole.subarray(0, -1), /takes 48 bytes, but the file has 47/],
        [Uint8Array.of(...whole, 0), /takes 48 bytes, but the file has 49/],
        [whole.subarray(0, 20), /claims/],
        [new Uint8Array(), /Not a \.npy file/],
        [await readFile(join(TESTDATA, "stored.npz")), /Not a \.npy file/],
      ] as const
    ) {
      await writeFile(path, bytes);
      await rejects(contents(path), message);
    }
    await writeFile(path, whole);
    const { array, close } = await (await recordedArrays(path)).get("array")!();
    await truncate(path, whole.length - 2);
    await rejects(array.read(0, 24), /became shorter/);
    await close();
  });
});

Deno.test("recordedArrays() verifies the checksum of every entry of an archive", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "a.npz");
    for (const name of ["stored.npz", "deflated.npz"]) {
      const bytes = await readFile(join(TESTDATA, name));
      const data = bytes.indexOf("beat.npy") + "beat.npy".length + 40;
      bytes[data]! ^= 1;
      await writeFile(path, bytes);
      await rejects(contents(path), ArrayError);
    }
  });
});

Deno.test("recordedArrays() reads damaged archives or rejects them with an ArrayError", async () => {
  await inTemporaryFolder(async (folder) => {
    const random = new CounterRandom("damaged recordings");
    for (const name of ["types.npz", "types_deflated.npz", "types.safetensors"]) {
      const whole = await readFile(join(TESTDATA, name));
      const path = join(folder, name);
      for (let round = 0; round < 60; round++) {
        const bytes = Uint8Array.from(whole);
        for (let change = 0; change < 3; change++) {
          bytes[random.below(bytes.length)] = random.below(256);
        }
        const length = random.oneIn(3) ? random.below(bytes.length) : bytes.length;
        await writeFile(path, bytes.subarray(0, length));
        await contents(path).catch((error) => ok(error instanceof ArrayError, String(error)));
      }
    }
  });
});
