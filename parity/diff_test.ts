import { deepStrictEqual as equal, match, rejects } from "node:assert/strict";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeNpy } from "../core/npy.ts";
import { writeNpz } from "../core/npz.ts";
import { tensor } from "../core/tensor.ts";
import {
  diffRecordings,
  isAlike,
  readTolerances,
  type SeamDifference,
  type Tolerances,
} from "./diff.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";

const TESTDATA = join(import.meta.dirname ?? ".", "..", "core", "testdata");

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
  await inTemporaryFolder(async (folder) => {
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
  await inTemporaryFolder(async (folder) => {
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
  await inTemporaryFolder(async (folder) => {
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

/** Writes a recording of float seams in one folder. */
async function recording(
  folder: string,
  name: string,
  seams: Readonly<Record<string, readonly number[]>>,
): Promise<string> {
  const path = join(folder, name);
  await Deno.mkdir(path, { recursive: true });
  for (const [seam, values] of Object.entries(seams)) {
    const array = tensor("f32", [values.length], Float32Array.from(values));
    await writeFile(join(path, `${seam}.npy`), writeNpy(array));
  }
  return path;
}

Deno.test("diffRecordings() reports float seams behind one that failed, and fails those that do not follow from it", async () => {
  await inTemporaryFolder(async (folder) => {
    const seams = { spectrogram: [1], "logits.beat": [1], "activations.beat": [0.5] };
    const expected = await recording(folder, "expected", seams);
    const verdictsOf = async (actual: typeof seams): Promise<Record<string, string>> =>
      verdicts((await diffRecordings(expected, await recording(folder, "actual", actual))).seams);
    equal(await verdictsOf({ spectrogram: [2], "logits.beat": [3], "activations.beat": [0.9] }), {
      ...{ spectrogram: "fail", "logits.beat": "reported", "activations.beat": "reported" },
    });
    equal(await verdictsOf({ spectrogram: [1], "logits.beat": [3], "activations.beat": [0.5] }), {
      ...{ spectrogram: "pass", "logits.beat": "fail", "activations.beat": "pass" },
    });
    // A value that is not finite does not follow from an error of its input.
    equal(await verdictsOf({ spectrogram: [2], "logits.beat": [NaN], "activations.beat": [0.9] }), {
      ...{ spectrogram: "fail", "logits.beat": "fail", "activations.beat": "reported" },
    });
    const { seams: found } = await diffRecordings(expected, join(folder, "actual"));
    equal(isAlike({ format: 1, expected, actual: "", seams: found }), false);
  });
});

Deno.test("diffRecordings() judges single seams by their own tolerances: of the call, a file, or seams.json", async () => {
  await inTemporaryFolder(async (folder) => {
    const expected = await recording(folder, "expected", { a: [1, 1, 1, 1], b: [1, 1, 1, 1] });
    const actual = await recording(folder, "actual", { a: [1, 1, 1, 1.5], b: [1, 1, 1, 1.5] });
    const verdictsOf = async (seams: Tolerances = {}): Promise<Record<string, string>> =>
      verdicts((await diffRecordings(expected, actual, { seams })).seams);
    equal(await verdictsOf(), { a: "fail", b: "fail" });
    equal(await verdictsOf({ a: { absolute: 0.5, relative: 0 } }), { a: "pass", b: "fail" });
    await writeFile(join(folder, "t.toml"), "[b]\nabsolute = 0\nrelative = 0\nwithin = 0.75\n");
    equal(await verdictsOf(await readTolerances(join(folder, "t.toml"))), { a: "fail", b: "pass" });
    await writeFile(
      join(folder, "t.json"),
      '{"b": {"absolute": 0, "relative": 0, "within": 0.76}}',
    );
    const { seams } = await diffRecordings(expected, actual, {
      seams: await readTolerances(join(folder, "t.json")),
    });
    match(seams[1]!.comparison.reason!, /1 of 4 elements miss the tolerance, more than 24 %/);
    const list = { seams: { a: { tolerance: { absolute: 1, relative: 0 } }, b: {} } };
    await writeFile(join(expected, "seams.json"), JSON.stringify(list));
    equal(await verdictsOf(), { a: "pass", b: "fail" });
    equal(await verdictsOf({ a: { absolute: 0, relative: 0 } }), { a: "fail", b: "fail" });
    await rejects(verdictsOf({ c: { absolute: 0, relative: 0 } }), /given for c, which neither/);
    await writeFile(join(folder, "t.json"), '{"b": {"absolute": -1, "relative": 0}}');
    await rejects(readTolerances(join(folder, "t.json")), /Cannot read the tolerances .*absolute/);
    await writeFile(join(expected, "seams.json"), '{"seams": []}');
    await rejects(verdictsOf(), /seams\.json is not the list of seams/);
  });
});
