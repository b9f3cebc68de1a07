/** Tests the history command. */

import { deepStrictEqual as equal, match } from "node:assert/strict";
import { join } from "node:path";
import { History } from "../reports/history.ts";
import { testMeasurement, testRun } from "../reports/testdata/test_runs.ts";
import { tactus, tactusEach } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

const RUN = testRun({
  settings: { ...testRun().settings, weightsSha256: "a".repeat(64) },
  tracks: [{ name: "one", seconds: 20, sha256: "1".repeat(64) }],
  measurements: [testMeasurement("one", 0, [["network", 0.1]])],
});

Deno.test("history export and import exchange runs, and keep those that are present", async () => {
  await inTemporaryFolder(async (folder) => {
    const [from, to, lines] = ["a.sqlite", "b.sqlite", "runs.jsonl"].map((n) => join(folder, n));
    const history = await History.open(from!);
    history.import(RUN);
    history.import({ ...RUN, id: "rerun", confirms: "run" });
    history.pin("run");
    history.close();
    const call = (...args: string[]): ReturnType<typeof tactus> => tactus(["history", ...args]);
    equal((await call("export", lines!, "--history", from!)).code, 0);
    match((await call("import", lines!, "--history", to!)).stdout, /^2 runs added, 0 were there/);
    match((await call("import", lines!, "--history", to!)).stdout, /^0 runs added, 2 were there/);
    const other = await History.open(to!);
    equal(other.run("run"), RUN);
    equal(other.confirmationOf("run")?.id, "rerun");
    equal(other.pinned(), "run");
    other.close();
  });
});

Deno.test("history import reports lines that are not runs, and adds the others", async () => {
  await inTemporaryFolder(async (folder) => {
    const [to, lines] = ["b.sqlite", "runs.jsonl"].map((name) => join(folder, name));
    const broken = [
      "{",
      JSON.stringify({ ...RUN, format: 2 }),
      JSON.stringify({ ...RUN, measurements: [{}] }),
    ];
    await Deno.writeTextFile(lines!, [...broken, "", JSON.stringify(RUN)].join("\n"));
    const { code, stdout, stderr } = await tactus(["history", "import", lines!, "--history", to!]);
    equal(code, 1);
    match(stdout, /^1 runs added, 0 were there already, 3 could not be read/);
    match(
      stderr,
      /line 1: Expected a run as JSON[^]*line 2: [^]*format[^]*line 3: [^]*measurements/,
    );
  });
});

Deno.test("history pins, lists and prunes", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "a.sqlite");
    const history = await History.open(file);
    history.import(RUN);
    history.import({ ...RUN, id: "second", finishedAt: null });
    history.close();
    const call = (...args: string[]): ReturnType<typeof tactus> =>
      tactus(["history", ...args, "--history", file]);
    equal((await call("pin", "run")).code, 0);
    // An option of the group may stand in front, and its value may be the name of a command.
    match((await tactus(["history", `--history=${file}`, "list"])).stdout, / pinned\n/);
    match((await tactus(["history", "--history", "prune", "list"])).stderr, /no history prune/);
    const { stdout } = await call("list");
    match(stdout, /^run +started[^]*\nrun +2026-01-01[^\n]* pinned\n/);
    match(stdout, /\nsecond [^\n]* interrupted/);
    match((await call("prune", "--keep-days", "0")).stdout, /^1 runs removed/);
    equal((await call("pin", "--none")).code, 0);
    match((await call("prune", "--keep-days", "0")).stdout, /^1 runs removed/);
  });
});

Deno.test("history rejects invalid calls", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "a.sqlite");
    (await History.open(file)).close();
    const calls = [
      [[], /Expected one of list, export, import, pin, prune, but got nothing/],
      [["lost"], /Unknown command 'lost'.*expected one of list/],
      [["list", "--history", join(folder, "none.sqlite")], /There is no history/],
      [["export", "--history", file], /Missing required argument 'file'/],
      [["import", join(folder, "none.jsonl"), "--history", file], /There is no file/],
      [["pin", "lost", "--history", file], /There is no run lost/],
      [["prune", "--history", file], /Required option '--keep-days <n>'/],
      [["prune", "--keep-days", "-1", "--history", file], /whole number/],
    ] as const;
    const outcomes = await tactusEach(calls.map(([args]) => ["history", ...args]));
    for (const [at, { code, stderr }] of outcomes.entries()) {
      equal(code, 2, stderr);
      match(stderr, calls[at]![1]);
    }
  });
});
