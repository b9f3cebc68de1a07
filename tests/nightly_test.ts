/** Tests the nightly command. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { History } from "../reports/history.ts";
import type { RunReport } from "../reports/run_report.ts";
import { outcomeOf, until } from "./support/deadline.ts";
import { command, tactus } from "./support/program.ts";
import { measurementsIn, SHORT } from "./support/short_nightly.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

/** Factor between runs that is larger than any effect of load on the machine. */
const FAR_FASTER = 1000;

Deno.test("the first nightly run is quiet, and writes every report", async () => {
  await inTemporaryFolder(async (folder) => {
    const out = join(folder, "out");
    const { code, stdout, stderr } = await tactus([
      "nightly",
      ...SHORT,
      "-o",
      out,
      "--rounds",
      "3",
    ]);
    equal(code, 0, stderr);
    match(stdout, /network/);
    const files = [...Deno.readDirSync(out)].map(({ name }) => name).sort();
    equal(files, [
      ...["benchmark.json", "history.sqlite", "measurements.csv", "report.html", "report.json"],
      "report.md",
    ]);
    const { run, decision } = JSON.parse(await Deno.readTextFile(join(out, "report.json")));
    equal([run.measurements.length, decision.verdict], [3, "quiet"]);
    const [{ stages, bytesRead }] = run.measurements;
    if (Deno.build.os === "linux") {
      const read = (name: string): number =>
        stages.find(({ stage }: { stage: string }) => stage === name).bytesRead;
      ok(read("weights") > 100_000 && bytesRead > read("weights"), `${read("weights")} bytes`);
    }
    const again = await tactus(["report", "--history", join(out, "history.sqlite")]);
    equal([again.code, again.stdout], [0, stdout]);
  });
});

Deno.test("nightly ends with 1 where the earlier runs were faster", async () => {
  await inTemporaryFolder(async (folder) => {
    const call = ["nightly", ...SHORT, "-o", folder, "--rounds", "5"];
    equal((await tactus(call)).code, 0);
    const path = join(folder, "history.sqlite");
    const history = await History.open(path);
    const [newest] = history.runs();
    ok(newest);
    // The same run on ten earlier days, on a machine of the same name that took a thousandth of the time.
    for (const run of earlierRuns(newest, 2020, 10, FAR_FASTER)) history.import(run);
    history.prune("2000-01-01T00:00:00.000Z");
    history.close();
    const { code, stdout, stderr } = await tactus(call);
    equal(code, 1, stdout + stderr);
    match(stdout, /slower/);
    const { run, decision } = JSON.parse(await Deno.readTextFile(join(folder, "report.json")));
    equal(decision.verdict, "regression");
    const after = await History.open(path);
    equal(after.confirmationOf(run.id)?.measurements.length, 5);
    after.close();
  });
});

Deno.test("nightly measures again and ends with 1 where only a change point of the history alerts", async () => {
  await inTemporaryFolder(async (folder) => {
    const settings = join(folder, "two_nights.toml");
    await Deno.writeTextFile(settings, "nights = 2\n");
    const call = ["nightly", ...SHORT, "-o", folder, "--rounds", "3", "--settings", settings];
    equal((await tactus(call)).code, 0);
    const path = join(folder, "history.sqlite");
    const history = await History.open(path);
    const [newest] = history.runs();
    ok(newest);
    const runs = [
      ...earlierRuns(newest, 2020, 12, FAR_FASTER),
      ...earlierRuns(newest, 2021, 4, 1),
    ];
    for (const run of runs) history.import(run);
    history.close();
    const { code, stdout, stderr } = await tactus(call);
    equal(code, 1, stdout + stderr);
    const { run, decision } = JSON.parse(await Deno.readTextFile(join(folder, "report.json")));
    ok(decision.steps.some(({ isAlert }: { isAlert: boolean }) => isAlert));
    const after = await History.open(path);
    equal(after.confirmationOf(run.id)?.measurements.length, 3);
    after.close();
  });
});

Deno.test("nightly ends with 2 where another process uses the history, or the settings are wrong", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "history.sqlite");
    const lock = await Deno.open(`${path}.lock`, { create: true, write: true });
    await lock.lock(true);
    const call = ["nightly", ...SHORT, "-o", folder, "--rounds", "1"];
    const locked = await tactus(call);
    equal(locked.code, 2);
    match(locked.stderr, /Another process measures with/);
    lock.close();
    const settings = join(folder, "wrong.toml");
    await Deno.writeTextFile(settings, "alfa = 1\n");
    const wrong = await tactus([...call, "--settings", settings]);
    equal(wrong.code, 2);
    match(wrong.stderr, /alfa/);
    for (const [option, value] of [["--suite", "no such"], ["--evaluate", join(folder, "none")]]) {
      const { code, stderr } = await tactus(["nightly", "-o", folder, option!, value!]);
      equal(code, 2);
      match(stderr, new RegExp(`^${option} `));
    }
  });
});

Deno.test("an interrupted nightly run ends its processes and leaves no temporary files", async () => {
  if (Deno.build.os === "windows") return;
  await inTemporaryFolder(async (folder) => {
    const temporary = join(folder, "temporary");
    await Deno.mkdir(temporary);
    const args = ["nightly", ...SHORT, "-o", join(folder, "out"), "--rounds", "30"];
    const child = command(args, { env: { TMPDIR: temporary } }).spawn();
    const outcome = outcomeOf(child);
    const path = join(folder, "out", "history.sqlite");
    // The interruption comes during the second measurement.
    await until("a measurement", async () => await measurementsIn(path).catch(() => 0) > 0);
    child.kill("SIGTERM");
    equal((await outcome).code, 143);
    // A process that did not end would write again in this time.
    await delay(1000);
    equal([...Deno.readDirSync(temporary)], []);
  });
});

/** Returns the same run on days of January of a year, `speed` times as fast. */
function earlierRuns(newest: RunReport, year: number, count: number, speed: number): RunReport[] {
  return Array.from({ length: count }, (_, day) => ({
    ...newest,
    id: `${year}-${day}`,
    startedAt: `${year}-01-${10 + day}T02:00:00.000Z`,
    finishedAt: `${year}-01-${10 + day}T03:00:00.000Z`,
    measurements: newest.measurements.map((one) => ({
      ...one,
      seconds: one.seconds / speed,
      stages: one.stages.map((stage) => ({
        ...stage,
        end: stage.start + (stage.end - stage.start) / speed,
      })),
    })),
  }));
}
