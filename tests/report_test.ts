/** Tests the report command. */

import { deepStrictEqual as equal, match } from "node:assert/strict";
import { join } from "node:path";
import { History } from "../reports/history.ts";
import { testMeasurement, testRun } from "../reports/testdata/test_runs.ts";
import { tactus, tactusEach } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

Deno.test("report shows the newest run of a history, or a named one, in every format", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "runs.sqlite");
    const history = await History.open(path);
    for (const day of [1, 2]) {
      const measurements = [0, 1].flatMap((round) =>
        ["one", "two"].map((track) => testMeasurement(track, round, [["network", day]]))
      );
      const startedAt = `2026-01-0${day}T02:00:00.000Z`;
      history.import(
        testRun({ id: `run-${day}`, startedAt, finishedAt: startedAt, measurements }),
      );
    }
    history.close();
    const forms = ["html", "markdown", "json", "csv", "benchmark"];
    const files = forms.map((form) => join(folder, form));
    const { code, stdout, stderr } = await tactus([
      ...["report", "--history", path],
      ...forms.flatMap((form, at) => [`--export-${form}`, files[at]!]),
    ]);
    equal(code, 0, stderr);
    match(stdout, /network +4\.00/);
    const texts = await Promise.all(files.map((file) => Deno.readTextFile(file)));
    match(texts[0]!, /^<!doctype html>/i);
    match(texts[1]!, /\| *network/);
    equal(JSON.parse(texts[2]!).run.id, "run-2");
    equal(texts[3]!.trim().split("\n").length > 4, true);
    equal(Array.isArray(JSON.parse(texts[4]!)), true);
    const first = await tactus(["report", "run-1", "--history", path]);
    match(first.stdout, /network +2\.00/);
  });
});

Deno.test("report rejects missing histories, runs and files", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "runs.sqlite");
    (await History.open(path)).close();
    const calls = [
      [["--history", join(folder, "none.sqlite")], /There is no history/],
      [["--history", path], /The history has no finished run/],
      [["lost", "--history", path], /There is no run lost/],
      [["a", "b"], /Too many arguments. Expected 1 argument/],
      [["timings"], /Missing required argument 'file'/],
      [["timings", join(folder, "none.jsonl")], /Cannot read .*none\.jsonl/],
    ] as const;
    const outcomes = await tactusEach(calls.map(([args]) => ["report", ...args]));
    for (const [at, { code, stderr }] of outcomes.entries()) {
      equal(code, 2, stderr);
      match(stderr, calls[at]![1]);
    }
  });
});

Deno.test("report timings draws a file of timings, and names a line that is not a timing", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "t.jsonl");
    const record = (stage: string, start: number, end: number): string =>
      JSON.stringify({ stage, start, end, duration: end - start, device: "cpu", track: "/a.wav" });
    const lines = [record("decode", 0, 1), record("network", 1, 3)];
    await Deno.writeTextFile(file, lines.join("\n") + "\n");
    const { code, stdout, stderr } = await tactus(["report", "timings", file, "--seconds", "30"]);
    equal([code, stdout.trim()], [0, `${file}.html`], stderr);
    match(await Deno.readTextFile(`${file}.html`), /network[^]*10/);
    await Deno.writeTextFile(file, [...lines, "{"].join("\n"));
    const broken = await tactus(["report", "timings", file]);
    equal(broken.code, 2);
    match(broken.stderr, /line 3/i);
  });
});
