/** Runs described pipelines whose implementations are small scripts. */

import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../core/usage_error.ts";
import { type ParityReport, ReferenceError } from "../parity/mod.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { openDescribed } from "./described_file.ts";
import { type DescribedRecordOptions, recordDescribed } from "./record_described.ts";
import { type DescribedRunOptions, NothingComparedError, runDescribed } from "./run_described.ts";

/** A program with two stages: doubles the numbers of the input, then sums them up. Its flags plant mistakes. */
const PROGRAM = `
const [input, out, seams = "", flag = ""] = Deno.args;
const read = (path) => {
  const bytes = Deno.readFileSync(path);
  return new Float64Array(bytes.buffer.slice(10 + bytes[8] + 256 * bytes[9]));
};
const write = (name, values) => {
  const header = ("{'descr': '<f8', 'fortran_order': False, 'shape': (" + values.length + ",), }").padEnd(117) + "\\n";
  const start = Uint8Array.of(0x93, 78, 85, 77, 80, 89, 1, 0, 118, 0);
  Deno.writeFileSync(out + "/" + name + ".npy", new Uint8Array([
    ...start, ...new TextEncoder().encode(header), ...new Uint8Array(Float64Array.from(values).buffer),
  ]));
};
if (flag === "fails") { console.error("no luck"); Deno.exit(3); }
const numbers = Deno.readTextFileSync(input).trim().split(" ").map(Number);
if (flag === "numbers") numbers[1] += 1;
if (flag !== "silent") write("numbers", numbers);
let doubled = numbers.map((number) => 2 * number);
if (flag === "silent") doubled[1] += 1;
if (flag === "doubled") doubled[1] += 1;
if (flag === "random") doubled[0] += Math.random();
if (flag === "float32") doubled = doubled.map((value) => Math.fround(value));
if (flag === "empty") doubled = [];
write("doubled", doubled);
if (flag === "cut") Deno.truncateSync(out + "/doubled.npy", 8);
const given = seams === "" ? doubled : (() => { try { return read(seams + "/doubled.npy"); } catch { return doubled; } })();
let sum = 0;
const sums = Array.from(given, (value) => sum += value);
if (flag === "sums") sums[2] += 1;
if (flag === "float32") sums.forEach((value, at) => sums[at] = Math.fround(value));
if (flag !== "lacks") write("sums", sums);
const lines = [{ stage: "double", start: 1, end: 1.5 }, { stage: "sum", start: 1.5, end: 2.5 }];
Deno.writeTextFileSync(out + "/timings.jsonl", lines.map((line) => JSON.stringify(line)).join("\\n"));
if (flag === "timings") Deno.writeTextFileSync(out + "/timings.jsonl", "soon");
Deno.writeTextFileSync(out + "/versions.json", JSON.stringify({ trial: "1.0" }));
`;

const CALL = `"{deno}", "run", "--quiet", "--no-config", "-A", "program.ts", "{input}", "{out}"`;

/** Writes the program, two inputs, and a file with implementations by name: arguments after the output folder. */
async function described(
  implementations: Readonly<Record<string, string>>,
  work: (path: string, folder: string) => Promise<void>,
  { reference = `implementation = "reference"`, seam = "", inner = "", more = "" } = {},
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    await writeFile(join(folder, "program.ts"), PROGRAM);
    await writeFile(join(folder, "one.txt"), "1 0.1 3");
    await writeFile(join(folder, "two.txt"), "4 5 6 0.7");
    const all = { reference: "", ...implementations };
    await writeFile(
      join(folder, "parity.toml"),
      `format = 1
      name = "trial"
      [seams.doubled]
      dtype = "f64"
      ${seam}
      [seams.sums]
      dtype = "f64"
      ${inner === "" ? "" : `[seams.${inner}]\ndtype = "f64"\n`}
      [[stages]]
      name = "double"
      outputs = ["doubled"]
      ${inner === "" ? "" : `inner = ["${inner}"]\n`}
      [[stages]]
      name = "sum"
      inputs = ["doubled"]
      outputs = ["sums"]
      [[inputs]]
      files = ["*.txt"]
      seconds = 2
      [reference]
      ${reference}
      ${
        Object.entries(all).map(([name, args]) =>
          `[implementations.${name}]\ncommand = [${[CALL, args].filter(Boolean).join(", ")}]\n`
        ).join("")
      }${more}`,
    );
    await work(join(folder, "parity.toml"), folder);
  });
}

async function run(
  path: string,
  options: Partial<DescribedRunOptions> = {},
): Promise<ParityReport> {
  return await runDescribed(await openDescribed(path), { seed: 1, ...options });
}

async function record(path: string, options: DescribedRecordOptions = {}): Promise<void> {
  await recordDescribed(await openDescribed(path), options);
}

const verdictsOf = ({ suites }: ParityReport, name: string): string[] =>
  suites.find(({ suite }) => suite === name)!.results
    .map(({ piece, mode, seam, verdict }) => `${piece} ${mode} ${seam} ${verdict}`);

Deno.test("a mistake is named by its stage: isolated where a program can start from seams, else chained", async () => {
  const programs = {
    given: `"{seams}", "doubled"`,
    alone: `"", "doubled"`,
    last: `"{seams}", "sums"`,
  };
  await described(programs, async (path) => {
    const report = await run(path, { inputs: ["one"] });
    equal(verdictsOf(report, "given"), [
      "one isolated doubled fail",
      "one isolated sums pass",
      "one chained doubled fail",
      "one chained sums reported",
    ]);
    equal(verdictsOf(report, "alone"), ["one chained doubled fail", "one chained sums fail"]);
    equal(verdictsOf(report, "last")[1], "one isolated sums fail");
    equal(
      report.suites.map(({ suite, first }) => [
        suite,
        first.map(({ mode, stage }) => `${mode} ${stage}`),
      ]),
      [
        ["reference", []],
        ["given", ["isolated double", "chained double"]],
        ["alone", ["chained double"]],
        ["last", ["isolated sum"]],
      ],
    );
    equal([report.pipeline, report.upstream], ["trial", { trial: "1.0" }]);
  });
});

Deno.test("a mistake is named by its inner seam, with live, stored and sampled references", async () => {
  const programs = {
    numbers: `"{seams}", "numbers"`,
    doubled: `"", "doubled"`,
    silent: `"", "silent"`,
  };
  const options = {
    inner: "numbers",
    reference: `implementation = "reference"\nfolder = "stored"`,
    more: "",
  };
  for (const sample of [undefined, 0, 2]) {
    const live = sample === undefined ? { inner: "numbers" } : options;
    await described(programs, async (path) => {
      if (sample !== undefined) await record(path, sample === 0 ? {} : { sample });
      const { walks, unwalked } = await run(path, { inputs: ["one"] });
      const found = walks!.map(({ of, stage, first, steps }) =>
        [of?.suite, of?.mode, stage, first?.seam, steps.map(({ seam }) => seam).join()].join(" ")
      );
      // Chained mode has the same walk again.
      equal(found, [
        "numbers isolated double numbers numbers,doubled",
        "doubled chained double doubled numbers,doubled",
      ]);
      equal(unwalked, [
        "silent, one, chained: double: it wrote none of the inner seams numbers",
      ]);
    }, live);
  }
});

Deno.test("rounds have every run once, in an order that the seed gives; stages are timed by the program's file", async () => {
  await described({ ours: `"{seams}"` }, async (path) => {
    const report = await run(path, { rounds: 2, seed: 7 });
    const { order, stages, seed, rounds } = report.timings!;
    equal([seed, rounds, order.length], [7, 2, 12]);
    for (const round of [0, 1]) {
      const turns = order.filter((turn) => turn.round === round)
        .map(({ implementation, piece, mode }) => `${implementation} ${piece} ${mode}`);
      equal(turns.toSorted(), [
        ...["ours one chained", "ours one isolated", "ours two chained", "ours two isolated"],
        ...["reference one chained", "reference two chained"],
      ]);
    }
    const again = await run(path, { rounds: 2, seed: 7 });
    equal(again.timings?.order, order);
    const own = stages.filter(({ implementation, piece, mode }) =>
      `${implementation} ${piece} ${mode}` === "ours one chained"
    );
    equal(own.map(({ stage, seconds }) => [stage, seconds.length]), [["double", 2], ["sum", 2], [
      "total",
      2,
    ]]);
    equal([own[1]?.seconds[0], own[0]?.audioSeconds], [1, 2]);
    ok(own[2]!.seconds[0]! > 0.01);
  });
});

Deno.test("what differs in any round fails, and so do missing seams, failing programs and damaged timings", async () => {
  const programs = {
    ...{ random: `"", "random"`, lacks: `"", "lacks"`, fails: `"", "fails"` },
    timings: `"", "timings"`,
  };
  await described(programs, async (path) => {
    const report = await run(path, { inputs: ["one"], rounds: 2 });
    equal(verdictsOf(report, "random"), ["one chained doubled fail", "one chained sums fail"]);
    equal(verdictsOf(report, "lacks"), ["one chained doubled pass", "one chained sums fail"]);
    const reasons = (name: string): (string | undefined)[] =>
      report.suites.find(({ suite }) => suite === name)!.results
        .map(({ comparison }) => comparison.reason);
    equal(reasons("lacks")[1], "the output is missing");
    match(reasons("timings")[0]!, /^its timings\.jsonl cannot be read: .*line 1: expected a JSON/);
    equal(reasons("fails").map((reason) => /^it ended with exit code 3: no luck$/.test(reason!)), [
      true,
      true,
    ]);
  });
});

Deno.test("an implementation that is not installed is not run, and an error where it was named", async () => {
  const more = `[implementations.absent]\ncommand = ["no-such-program-of-tactus", "{out}"]
    setup = ["no-such-program-of-tactus"]
    [implementations.unprepared]\ncommand = ["x", "{out}"]\nsetup = ["{deno}", "eval", "console.error('not here'); Deno.exit(1)"]
    [implementations.elsewhere]\nrecorded = "phone"\n`;
  await described({ ours: "" }, async (path, folder) => {
    const report = await run(path, { inputs: ["one"] });
    const reasons = report.suites.flatMap(({ suite, notRun }) =>
      notRun === undefined ? [] : [`${suite}: ${notRun}`]
    );
    equal(reasons.map((reason) => reason.replace(folder, "")), [
      "absent: its setup failed: there is no program no-such-program-of-tactus",
      "unprepared: its setup failed: it ended with exit code 1: not here",
      "elsewhere: there is no folder /phone",
    ]);
    await rejects(run(path, { implementations: ["absent"] }), UsageError);
    await rejects(
      run(path, { implementations: ["other"] }),
      /no implementation other: expected one of reference,/,
    );
    await rejects(
      run(path, { inputs: ["three"] }),
      /There is no input three: expected one of one, two/,
    );
  }, { more });
});

Deno.test("a comparison of nothing is an error", async () => {
  await described({}, async (path) => {
    await rejects(run(path), /Nothing can be compared: no implementation can run/);
  });
  await described({ ours: "" }, async (path) => {
    await rejects(
      run(path, { implementations: ["ours"], modes: ["isolated"] }),
      /no reference|Nothing was compared/,
    );
  });
});

Deno.test("stored references need no reference program, and are checked", async () => {
  const reference = `folder = "stored"\nimplementation = "reference"`;
  await described({ ours: `"{seams}"` }, async (path, folder) => {
    await rejects(
      run(path),
      (error) =>
        error instanceof ReferenceError &&
        /run deno task harness record parity\.toml again/.test(error.message),
    );
    await record(path);
    equal((await readdir(join(folder, "stored"))).sort(), ["one", "references.json", "two"]);
    const report = await run(path, { implementations: ["ours"] });
    equal(new Set(report.suites[0]!.results.map(({ verdict }) => verdict)), new Set(["pass"]));
    equal(report.upstream, { trial: "1.0" });
    await writeFile(join(folder, "one.txt"), "1 0.1 4");
    await rejects(run(path), /are of another file one: its SHA-256 is/);
    await writeFile(join(folder, "one.txt"), "1 0.1 3");
    const file = join(folder, "stored", "two", "sums.npy");
    const bytes = await readFile(file);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(file, bytes);
    await rejects(run(path), /sums\.npy was changed: its SHA-256 is/);
  }, { reference });
});

Deno.test("sampled references find a mistake, and are no input of isolated mode", async () => {
  const reference = `folder = "stored"\nimplementation = "reference"`;
  const programs = { ours: `"{seams}"`, wrong: `"{seams}", "doubled"` };
  await described(programs, async (path) => {
    await record(path, { sample: 3 });
    const report = await run(path, { inputs: ["two"] });
    equal(verdictsOf(report, "ours"), [
      "two isolated doubled pass",
      "two chained doubled pass",
      "two chained sums pass",
    ]);
    // Isolated mode cannot judge the sum, so chained mode does.
    equal(verdictsOf(report, "wrong"), [
      "two isolated doubled fail",
      "two chained doubled fail",
      "two chained sums fail",
    ]);
  }, { reference });
});

Deno.test("a stage that no mode can judge fails, and a mode that an implementation has not is not run", async () => {
  const reference = `folder = "stored"\nimplementation = "reference"`;
  await described({ late: `"{seams}"`, early: "" }, async (path, folder) => {
    const file = join(folder, "parity.toml");
    const text = await readFile(file, "utf8");
    await writeFile(
      file,
      text.replace("[implementations.late]", '[implementations.late]\nstages = ["sum"]'),
    );
    await record(path, { sample: 3 });
    const report = await run(path, { inputs: ["two"] });
    equal(verdictsOf(report, "late"), ["two isolated sums fail"]);
    await record(path);
    equal(verdictsOf(await run(path, { inputs: ["two"] }), "late"), ["two isolated sums pass"]);
    const { suites } = await run(path, { inputs: ["two"], modes: ["chained"] });
    equal(
      suites.find(({ suite }) => suite === "late")?.notRun,
      "none of its stages can run in the mode chained",
    );
    await rejects(
      run(path, { implementations: ["early"], modes: ["isolated"] }),
      /Nothing was compared/,
    );
  }, { reference });
});

Deno.test("references of another type or shape than the file describes are errors", async () => {
  for (
    const [seam, message] of [
      [
        "axes = [9]",
        /reference of doubled, one, is f64 \[3\], but the file describes it as f64 \[9\]/,
      ],
      ['axes = ["rows", "columns"]', /is f64 \[3\], but .* f64 \[rows, columns\]/],
    ] as const
  ) {
    await described({ ours: "" }, async (path) => {
      await rejects(
        run(path),
        (error) => error instanceof ReferenceError && message.test(error.message),
      );
    }, { seam });
  }
});

Deno.test("the error of the reference's float32 run is the tolerance where a factor asks for it", async () => {
  const reference = `implementation = "reference"\nfloat32 = "single"`;
  const programs = { single: `"", "float32"`, wrong: `"", "doubled"` };
  await described(programs, async (path) => {
    const report = await run(path, { inputs: ["one"] });
    const [doubled] = report.suites.find(({ suite }) => suite === "single")!.results;
    equal(doubled?.verdict, "pass");
    const error = doubled!.upstreamFloat32!.minTolerance;
    ok(error > 0 && error < 1e-7);
    equal(doubled?.tolerance.absolute, 1.5 * error);
    equal(verdictsOf(report, "wrong")[0], "one chained doubled fail");
  }, { reference, seam: "float32_factor = 1.5" });
  await described({ single: `"", "float32"` }, async (path) => {
    // Half of its own error is less than it has.
    equal(
      verdictsOf(await run(path, { inputs: ["one"] }), "single")[0],
      "one chained doubled fail",
    );
  }, { reference, seam: "float32_factor = 0.5" });
});

Deno.test("a folder that was recorded elsewhere is compared as it is", async () => {
  const more = `[implementations.phone]\nrecorded = "phone"\n`;
  await described({ ours: `"", "sums"` }, async (path, folder) => {
    await run(path, { keep: join(folder, "kept") });
    await mkdir(join(folder, "phone"));
    await Deno.rename(join(folder, "kept", "ours", "chained", "one"), join(folder, "phone", "one"));
    const report = await run(path);
    equal(verdictsOf(report, "phone"), [
      "one chained doubled pass",
      "one chained sums fail",
      "two chained doubled fail",
      "two chained sums fail",
    ]);
    match(
      report.suites.find(({ suite }) => suite === "phone")!.results[2]!.comparison.reason ?? "",
      /^its seams cannot be read: /,
    );
  }, { more });
});

Deno.test("recording replaces a folder as a whole or not at all, and no folder of other files", async () => {
  const reference = `folder = "stored"\nimplementation = "reference"`;
  await described({ fails: `"", "fails"`, wrong: `"", "sums"` }, async (path, folder) => {
    await record(path);
    const list = join(folder, "stored", "references.json");
    const before = await readFile(list, "utf8");
    await rejects(
      record(path, { implementation: "fails" }),
      /The reference fails failed on one: it ended with/,
    );
    equal(await readFile(list, "utf8"), before);
    await record(path, { implementation: "wrong" });
    ok(await readFile(list, "utf8") !== before);
    equal((await readdir(folder)).sort(), [
      "one.txt",
      "parity.toml",
      "program.ts",
      "stored",
      "two.txt",
    ]);
    await rejects(record(path, { out: folder }), /has files, such as .* but no references\.json/);
  }, { reference });
});

Deno.test("hardware counts of each process stand beside its times, or why there are none", async () => {
  await described({ ours: "" }, async (path) => {
    // A stand-in: each call adds its number.
    let [calls, instructions] = [0, 0];
    const counter = (): { instructions: number; cycles: number; cacheMisses: number } => {
      instructions += 1e6 * ++calls;
      return { instructions, cycles: 2 * instructions, cacheMisses: calls };
    };
    const { timings } = await run(path, { inputs: ["one"], implementations: ["ours"], counter });
    const [total] = timings!.stages.filter(({ work }) => work !== undefined);
    equal([total?.stage, total?.work?.length], ["total", 1]);
    ok(total!.work![0]!.instructions >= 1e6 && total!.work![0]!.cacheMisses === 1);
    equal(timings?.noWork, undefined);
    const without = await run(path, {
      ...{
        inputs: ["one"],
        implementations: ["ours"],
        counter: () => "No hardware counters: none",
      },
    });
    equal(without.timings?.noWork, "No hardware counters: none");
    ok(without.timings!.stages.every(({ work }) => work === undefined));
    const { timings: own } = await run(path, { inputs: ["one"], implementations: ["ours"] });
    const counted = own!.stages.find(({ stage }) => stage === "total")!.work;
    // Any Deno takes more than ten million instructions to start.
    if (own!.noWork === undefined) ok(counted![0]!.instructions > 1e7);
    else match(own!.noWork, /no hardware counters/i);
  });
});

Deno.test("what is wrong with a reference that is made now is named, and no implementation is blamed for it", async () => {
  const expected = [
    ["lacks", /^The reference reference did not write the seam sums of one$/],
    [
      "cut",
      /^The reference of doubled, one, cannot be read: .* ends inside its header, after 8 bytes; correct the program/,
    ],
  ] as const;
  for (const [flag, message] of expected) {
    await described({ reference: `"", "${flag}"`, ours: "" }, async (path) => {
      await rejects(
        run(path, { inputs: ["one"] }),
        (error) => error instanceof ReferenceError && message.test(error.message),
      );
    });
  }
});

Deno.test("empty seams everywhere are a comparison of nothing, and beside others they are compared", async () => {
  const empty = `"", "empty"`;
  await described({ reference: empty, ours: empty }, async (path) => {
    await rejects(run(path, { inputs: ["one"] }), NothingComparedError);
  });
  await described({ reference: empty, ours: "" }, async (path) => {
    equal(verdictsOf(await run(path, { inputs: ["one"] }), "ours")[0], "one chained doubled fail");
  });
});
