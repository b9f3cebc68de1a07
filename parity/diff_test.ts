import { deepStrictEqual as equal, match } from "node:assert/strict";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeNpy } from "../core/npy.ts";
import { writeNpz } from "../core/npz.ts";
import { tensor } from "../core/tensor.ts";
import { diffRecordings, isAlike, type SeamDifference } from "./diff.ts";

const TESTDATA = join(import.meta.dirname ?? ".", "..", "core", "testdata");

async function inFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "tactus-diff-" });
  try {
    await action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function verdicts(seams: readonly SeamDifference[]): Record<string, string> {
  return Object.fromEntries(seams.map(({ seam, verdict }) => [seam, verdict]));
}

Deno.test("diffRecordings() compares archives of any order, byte order and format", async () => {
  const stored = join(TESTDATA, "types.npz");
  for (const other of ["types_deflated.npz", "types_fortran.npz"]) {
    const { seams } = await diffRecordings(stored, join(TESTDATA, other));
    equal([seams.length, new Set(Object.values(verdicts(seams)))], [15, new Set(["pass"])]);
  }
  const swapped = verdicts(
    (await diffRecordings(stored, join(TESTDATA, "types_big_endian.npz"))).seams,
  );
  equal(Object.entries(swapped).filter(([, verdict]) => verdict === "fail"), [["bf16", "fail"]]);
  const tensors = verdicts(
    (await diffRecordings(stored, join(TESTDATA, "types.safetensors"))).seams,
  );
  equal(Object.entries(tensors).filter(([, verdict]) => verdict === "fail"), [["c128", "fail"]]);
});

Deno.test("diffRecordings() finds one changed element of every type", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "types.safetensors");
    const whole = await readFile(join(TESTDATA, "types.safetensors"));
    const length = Number(whole.readBigUInt64LE(0));
    const header = JSON.parse(whole.toString("utf8", 8, 8 + length));
    for (
      const [name, { data_offsets: [, end] }] of Object.entries<{ data_offsets: number[] }>(header)
    ) {
      const bytes = Uint8Array.from(whole);
      // The highest byte of the last number holds its sign or its highest bits.
      bytes[8 + length + end! - 1]! ^= name === "bool" ? 1 : 0x80;
      await writeFile(file, bytes);
      const { seams } = await diffRecordings(join(TESTDATA, "types.safetensors"), file);
      const failed = Object.entries(verdicts(seams)).filter(([, verdict]) => verdict !== "pass");
      equal(failed, [[name, "fail"]], name);
      equal(seams.find(({ seam }) => seam === name)?.comparison.failing, 1);
    }
  });
});

Deno.test("diffRecordings() allows half-precision types one step of their resolution, unless told otherwise", async () => {
  await inFolder(async (folder) => {
    const [one, other] = [join(folder, "one"), join(folder, "other")];
    const half = (bits: number): Uint8Array => {
      // 1 and a number near 2, as float16.
      const file = writeNpy(tensor("i16", [2], Int16Array.of(0x3c00, bits)));
      file[file.indexOf("i".charCodeAt(0), 10)] = "f".charCodeAt(0);
      return file;
    };
    for (const path of [one, other]) await Deno.mkdir(path);
    await writeFile(join(one, "x.npy"), half(0x4000));
    for (const [steps, isPassed] of [[0, true], [1, true], [2, false]] as const) {
      await writeFile(join(other, "x.npy"), half(0x4000 + steps));
      const difference = await diffRecordings(one, other);
      equal(isAlike(difference), isPassed, `${steps} steps`);
      equal(difference.seams[0]?.comparison.ulps?.max, steps);
      equal(isAlike(await diffRecordings(one, other, { relative: 1e-2 })), true);
      equal(isAlike(await diffRecordings(one, other, { absolute: 0, relative: 0 })), steps === 0);
    }
  });
});

Deno.test("diffRecordings() tells types apart, and compares single files", async () => {
  await inFolder(async (folder) => {
    const [floats, doubles, archive] = ["a.npy", "b.npy", "c.npz"].map((name) =>
      join(folder, name)
    );
    await copyFile(join(TESTDATA, "f4.npy"), floats!);
    await copyFile(join(TESTDATA, "f8.npy"), doubles!);
    const { seams: [seam] } = await diffRecordings(floats!, doubles!);
    match(seam!.comparison.reason!, /the type is f64, expected f32/);
    equal(isAlike(await diffRecordings(floats!, floats!)), true);
    const damaged = writeNpz([["x", tensor("f32", [1], Float32Array.of(1))]]);
    damaged[damaged.length - 60]! ^= 0xff;
    await writeFile(archive!, damaged);
    await diffRecordings(archive!, floats!).then(
      ({ seams }) => equal(seams.every(({ verdict }) => verdict !== "pass"), true),
      (error) => match(error.message, /Cannot read the recording/),
    );
  });
});
