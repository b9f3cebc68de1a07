import { deepEqual, equal, match, notDeepEqual, ok } from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { outcomeOf } from "../support/deadline.ts";
import { repository } from "../support/program.ts";
import { inTemporaryFolder } from "../support/temporary_folder.ts";
import type { Bytes } from "./bytes.ts";
import { inputOf, type Target } from "./target.ts";
import { TARGETS } from "./targets.ts";

const PLANTED = "tests/fuzz/testdata/planted_defects.ts";
const REAL = "tests/fuzz/fuzz.ts";

/** Option of more seconds than any run here takes, so that the number of cases ends the run. */
const UNHURRIED = ["--seconds", "1000"] as const;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The cells of each target's row, the name first. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
}

/** Runs a fuzzer with the permissions of the task. */
async function run(program: string, ...args: readonly string[]): Promise<Outcome> {
  const permissions = ["read", "write", "env", "sys", "ffi", "run"].map((name) =>
    `--allow-${name}`
  );
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...permissions, join(repository, program), ...args],
    cwd: repository,
    env: { DENO_NO_UPDATE_CHECK: "1" },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  });
  const { code, stdout, stderr } = await outcomeOf(command.spawn());
  const lines = stdout.split("\n");
  const rows = lines.map((line) => line.trim().split(/ {2,}/)).filter(({ length }) => length > 3);
  return {
    code,
    stdout: lines.join("\n"),
    stderr,
    rows: new Map(rows.map((cells) => [cells[0]!, cells])),
  };
}

/** Returns the output for the damaged case of a planted target, and the input that was kept. */
async function finding(target: string): Promise<[text: string, input: Bytes]> {
  let kept: Bytes | undefined;
  let text = "";
  await inTemporaryFolder(async (folder) => {
    const { code, stdout } = await run(
      PLANTED,
      ...["--target", target, "--case", "3", ...UNHURRIED, "--save", folder],
    );
    equal(code, 1, stdout);
    match(stdout, new RegExp(`again  deno task fuzz --target ${target} --seed 1 --case 3`));
    kept = new Uint8Array(await readFile(join(folder, `${target}-1-3.bin`)));
    text = stdout;
  });
  return [text, kept!];
}

const DEFECTS: readonly (readonly [target: string, expected: RegExp])[] = [
  ["throws", /case 3: error: TypeError: an index that was not checked at .*planted_defects/],
  ["mumbles", /case 3: error: Error: without a message/],
  ["loops", /case 3: hang: still running after 1 s of processor time/],
  ["sleeps", /case 3: hang: still running after 2 s$/m],
  ["allocates", /case 3: memory: the resident memory rose from \d+ MiB to \d+ MiB/],
  ["exits", /case 3: crash: the process ended with code 0/],
];

for (const [target, expected] of DEFECTS) {
  Deno.test(`fuzz finds a reader that ${target}, and keeps the input`, async () => {
    const [text, input] = await finding(target);
    match(text, expected);
    deepEqual(input, Uint8Array.of(4));
  });
}

Deno.test("fuzz continues with the next case after one that ended the process", async () => {
  const { code, rows, stdout } = await run(
    PLANTED,
    "--target",
    "exits",
    "--cases",
    "6",
    ...UNHURRIED,
  );
  equal(code, 1, stdout);
  const [, cases, rejected, accepted] = rows.get("exits")!.map(Number);
  equal(cases, 6);
  equal(rejected! + accepted!, 5);
  const folder = /input {2}(.*)[\\/]exits-1-3\.bin/.exec(stdout)![1]!;
  await rm(folder, { recursive: true });
});

Deno.test("fuzz finds nothing in a correct reader", async () => {
  const { code, rows } = await run(PLANTED, "--target", "sound", "--cases", "50", ...UNHURRIED);
  equal(code, 0);
  equal(rows.get("sound")![1], "50");
  equal(rows.get("sound")!.at(-1), "0");
});

Deno.test("fuzz counts processor time, so that a busy machine makes no hang", async () => {
  const args = ["--target", "waits", "--cases", "4", ...UNHURRIED];
  const { code, rows, stdout } = await run(PLANTED, ...args);
  equal(code, 0, stdout);
  // Milliseconds of the slowest case, which waits for a second and a half.
  ok(Number(rows.get("waits")![4]) < 1000, stdout);
});

Deno.test("fuzz does not pass a target that accepts no file at all", async () => {
  const { code, stderr } = await run(PLANTED, "--target", "unusable");
  equal(code, 2);
  match(stderr, /unusable could not be fuzzed: not one of its 4 files is accepted/);
});

Deno.test("fuzz explains a wrong call", async () => {
  for (
    const [args, expected] of [
      [["--target", "mp5"], /--target expects one of npy, npz, .*, but got mp5/],
      [["--seconds=-1"], /--seconds expects/],
      [["--seed", "1.5"], /--seed expects a whole number/],
      [["--case", "1"], /--case expects one --target/],
      [["--speed"], /--help/],
    ] as const
  ) {
    const { code, stderr } = await run(REAL, ...args);
    equal(code, 2);
    match(stderr, expected);
  }
  const { code, stdout } = await run(REAL, "--help");
  equal(code, 0);
  for (const option of ["--seconds", "--seed", "--target", "--case", "--cases", "--save"]) {
    ok(stdout.includes(option), option);
  }
});

Deno.test("fuzz has the same outcome for the same seed and another outcome for another seed", async () => {
  const args = ["--target", "npy", "--cases", "400", ...UNHURRIED, "--seed"];
  const counts = async (seed: string): Promise<readonly string[]> => {
    const { code, rows, stdout } = await run(REAL, ...args, seed);
    equal(code, 0, stdout);
    return rows.get("npy")!.slice(0, 4);
  };
  const [first, again, other] = await Promise.all(["5", "5", "6"].map(counts));
  equal(first![1], "400");
  deepEqual(again, first);
  notDeepEqual(other, first);
});

/** Returns many inputs of one target, each as text. */
async function inputs(target: Target, seed: number): Promise<string[]> {
  const seeds = await target.seeds();
  return Array.from(
    { length: 30 },
    (_, i) => inputOf(target, seeds, seed, seeds.length + i).join(),
  );
}

for (const target of TARGETS) {
  Deno.test(`inputOf() depends on seed and number alone for ${target.name}`, async () => {
    const first = await inputs(target, 1);
    deepEqual(await inputs(target, 1), first);
    ok(new Set(first).size > 20);
    const other = new Set(await inputs(target, 2));
    ok(first.filter((input) => other.has(input)).length < 10);
  });

  Deno.test(`the first inputs of ${target.name} are its files, and at least one is accepted`, async () => {
    await inTemporaryFolder(async (folder) => {
      const seeds = await target.seeds();
      let accepted = 0;
      for (const [number, seed] of seeds.entries()) {
        equal(inputOf(target, seeds, 1, number), seed);
        try {
          await target.read(seed, folder);
          accepted++;
        } catch (error) {
          ok(target.isExpected(error), `file ${number}: ${error}`);
        }
      }
      ok(accepted > 0);
    });
  });
}
