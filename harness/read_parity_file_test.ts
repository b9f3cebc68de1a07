import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { parse } from "smol-toml";
import { z } from "zod";
import schema from "./parity_file.schema.json" with { type: "json" };
import { describedPipeline } from "./described_pipeline.ts";
import { ParityFileError, parseParityFile } from "./read_parity_file.ts";

const CORRECT = `format = 1
name = "trial"
rounds = 2

[seams.sum]
dtype = "f32"
axes = ["frames"]
atol = 1e-5

[seams.count]
dtype = "i32"

[[stages]]
name = "add"
outputs = ["sum"]

[[stages]]
name = "count"
inputs = ["sum"]
outputs = ["count"]

[[inputs]]
files = ["*.txt"]

[reference]
implementation = "one"

[implementations.one]
command = ["a", "{input}", "{out}"]

[implementations.two]
command = ["b", "{input}", "{out}", "{seams}"]
stages = ["count"]
`;

/** Replaces a text of the correct file, and expects the given message. */
async function finds(find: string, put: string, message: string): Promise<void> {
  const text = CORRECT.replace(find, put);
  equal(text === CORRECT, false, find);
  await rejects(parseParityFile(text, "parity.toml"), (error) => {
    equal(error instanceof ParityFileError && error.message, message);
    return true;
  });
}

Deno.test("parseParityFile() reads a correct file", async () => {
  const file = await parseParityFile(CORRECT, "parity.toml");
  equal(file.stages.map(({ name, inputs }) => [name, inputs]), [["add", []], ["count", ["sum"]]]);
  equal(Object.keys(file.seams), ["sum", "count"]);
});

Deno.test("the schema for editors accepts the examples, and no unknown key", async () => {
  const fromFile = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  for (const example of ["log_mel", "onnx_network"]) {
    const path = new URL(`../examples/${example}/parity.toml`, import.meta.url);
    const content = parse(await Deno.readTextFile(path));
    equal(fromFile.safeParse(content).error?.issues, undefined);
    ok(!fromFile.safeParse({ ...content, more: 1 }).success);
  }
});

Deno.test("each error of parity.toml has its line", async () => {
  await finds(
    "= 1e-5",
    "=",
    "parity.toml:8:7: this is not TOML: incomplete key-value: cannot find end of value"
      .replace(/incomplete.*/, await tomlReason("= 1e-5", "=")),
  );
  await finds(
    "atol",
    "atoll",
    "parity.toml:8:1: seams.sum.atoll: this key is not known: correct or remove it",
  );
  await finds(
    "1e-5",
    "-1",
    "parity.toml:8:1: seams.sum.atol: Too small: expected number to be >=0",
  );
  await finds(
    'dtype = "i32"\n',
    "",
    "parity.toml:10:1: seams.count.dtype: Invalid option: expected one of " +
      `"bool"|"u8"|"u16"|"u32"|"u64"|"i8"|"i16"|"i32"|"i64"|"f16"|"bf16"|"f32"|"f64"|"c64"|"c128"`,
  );
  await finds('name = "trial"\n', "", "parity.toml:1:1: name: this key is missing");
  await finds(
    "[seams.count]",
    "[seams.'../count']",
    "parity.toml:10:1: seams.../count: Invalid key in record",
  );
});

/** Returns smol-toml's own reason, so that a new version of it does not fail the test. */
async function tomlReason(find: string, put: string): Promise<string> {
  try {
    await parseParityFile(CORRECT.replace(find, put), "x");
  } catch (error) {
    return (error as Error).message.replace(/^.*not TOML: /, "");
  }
  return "";
}

Deno.test("an implementation of another stage is found", async () => {
  await finds(
    'stages = ["count"]',
    'stages = ["counts"]',
    "parity.toml:33:1: implementations.two.stages: there is no stage counts",
  );
});

const INNER = CORRECT
  .replace("[seams.count]", '[seams.mean]\ndtype = "f32"\n\n[seams.count]\nfrom = ["mean"]')
  .replace('outputs = ["count"]', 'outputs = ["count"]\ninner = ["mean"]');

Deno.test("inner seams are read, with what each seam is computed from", async () => {
  const file = await parseParityFile(INNER, "parity.toml");
  equal([file.stages[1]?.inner, file.seams["count"]?.from], [["mean"], ["mean"]]);
  const { stages, seams } = describedPipeline(file);
  equal([stages[1]?.inner, seams["count"]?.from], [["mean"], ["mean"]]);
});

Deno.test("contradictions of inner seams are found, each with its line", async () => {
  for (
    const [find, put, message] of [
      [
        'inner = ["mean"]',
        'inner = ["means"]',
        "parity.toml:10:1: seams.mean: no stage makes this seam\n" +
        "parity.toml:14:1: seams.count.from: mean is neither an input of the stage count nor a seam that it makes before count\n" +
        "parity.toml:25:1: stages.1.inner: its inner seam means is not one of the seams",
      ],
      [
        'inner = ["mean"]',
        'inner = ["mean", "sum"]',
        "parity.toml:25:1: stages.1.inner: the stage add makes sum already",
      ],
      [
        'from = ["mean"]',
        'from = ["count"]',
        "parity.toml:14:1: seams.count.from: count is neither an input of the stage count nor a seam that it makes before count",
      ],
      [
        'inputs = ["sum"]',
        'inputs = ["mean"]',
        "parity.toml:23:1: stages.1.inputs: its input mean is an inner seam of the stage count: make it one of its outputs",
      ],
    ] as const
  ) {
    const text = INNER.replace(find, put);
    equal(text === INNER, false, find);
    await rejects(parseParityFile(text, "parity.toml"), (error) => {
      equal(error instanceof ParityFileError && error.message, message);
      return true;
    });
  }
});

Deno.test("contradictions in parity.toml are found, each with its line", async () => {
  await finds(
    'inputs = ["sum"]',
    'inputs = ["som"]',
    "parity.toml:19:1: stages.1.inputs: its input som is not one of the seams",
  );
  await finds(
    'inputs = ["sum"]',
    'inputs = ["count"]',
    "parity.toml:19:1: stages.1.inputs: no stage before it makes its input count",
  );
  await finds(
    'outputs = ["count"]',
    'outputs = ["sum"]',
    "parity.toml:10:1: seams.count: no stage makes this seam\n" +
      "parity.toml:20:1: stages.1.outputs: the stage add makes sum already",
  );
  await finds(
    'name = "count"',
    'name = "add"',
    "parity.toml:17:1: stages.1: there are two stages add",
  );
  await finds(
    "[seams.sum]",
    '[seams.versions]\ndtype = "f32"\n[seams.sum]',
    "parity.toml:5:1: seams.versions: versions is the name of the file of versions, versions.json, which a raw seam would overwrite: give the seam another name\n" +
      "parity.toml:5:1: seams.versions: no stage makes this seam",
  );
  await finds(
    'name = "count"',
    'name = "total"',
    "parity.toml:18:1: stages.1.name: total is the name of the row of the whole process in tables of times: give the stage another name",
  );
  await finds(
    'name = "add"',
    'name = "default"',
    "parity.toml:14:1: stages.0.name: default is the name of the minimum of all other stages in regression.toml: give the stage another name",
  );
  await finds(
    'implementation = "one"',
    "",
    "parity.toml:25:1: reference: expected implementation or folder",
  );
  await finds(
    'implementation = "one"',
    'implementation = "three"',
    "parity.toml:26:1: reference.implementation: there is no implementation three",
  );
  await finds(
    'dtype = "i32"',
    'dtype = "i32"\nfloat32_factor = 2',
    "parity.toml:12:1: seams.count.float32_factor: the error in float32 is not known: name its implementation as reference.float32",
  );
  await finds(
    ', "{seams}"',
    "",
    "parity.toml:33:1: implementations.two.stages: its stage count needs sum, which none of its stages makes, and its command has no {seams} to read it from",
  );
  await finds(
    '"{out}"]',
    '"{output}"]',
    "parity.toml:29:1: implementations.one.command: the command has no {out}, the folder that it writes its seams to\n" +
      "parity.toml:29:1: implementations.one.command: the placeholder {output} is not known: expected {input}, {out}, {seams} or {deno}",
  );
  await finds(
    'command = ["a", "{input}", "{out}"]',
    'recorded = "phone"\nsetup = ["x"]',
    "parity.toml:30:1: implementations.one.setup: this key needs a command",
  );
  await finds(
    'command = ["a", "{input}", "{out}"]',
    "",
    "parity.toml:28:1: implementations.one: expected either a command or recorded",
  );
});
