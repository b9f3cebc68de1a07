import { deepStrictEqual as equal, ok, rejects, throws } from "node:assert/strict";
import { join } from "node:path";
import { outcomeOf } from "../tests/support/deadline.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { History } from "./history.ts";
import { HistoryError } from "./history_schema.ts";
import type { Measurement, RunReport } from "./run_report.ts";
import { testRun } from "./testdata/test_runs.ts";

/** Returns a run with figures that a lossy store would change. */
function run(id: string, startedAt: string, more: Partial<RunReport> = {}): RunReport {
  return testRun({
    ...{ id, startedAt, finishedAt: startedAt },
    tracks: [{ name: "ä", seconds: 0.1 + 0.2, sha256: "1" }],
    measurements: [measurement(0), measurement(1)],
    parity: [{
      ...{ suite: "s", piece: "p", mode: "chained", stage: "network", seam: "logits.beat" },
      ...{ verdict: "pass", needs: 1.1e-7, allowed: 1e-6, upstream: null },
    }],
    quality: [{ system: "hpss/embedded", measure: "beatF", value: 2 / 3, tracks: 2 }],
    ...more,
  });
}

function measurement(round: number): Measurement {
  return {
    ...{ variant: "v", track: "ä", round, seconds: 1 / 3, cpuSeconds: 1, peakBytes: 2 ** 33 },
    bytesRead: null,
    stages: ["decode", "network"].map((stage) => ({
      ...{ stage, start: 0.1, end: 1 / 7, cpuSeconds: 1e-9, peakBytes: 5, bytesRead: round },
    })),
  };
}

async function withHistory(work: (history: History, path: string) => unknown): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "deep", "runs.sqlite");
    const history = await History.open(path);
    try {
      await work(history, path);
    } finally {
      history.close();
    }
  });
}

Deno.test("History returns exactly what it stored, also after reopening", async () => {
  await withHistory(async (history, path) => {
    const stored = run("1", "2026-01-01T00:00:00.000Z");
    ok(history.import(stored));
    const again = await History.open(path);
    equal(again.run("1"), stored);
    again.close();
  });
});

Deno.test("History keeps an unfinished run, and lists it after it is finished", async () => {
  await withHistory((history) => {
    const { finishedAt: _, ...stored } = run("1", "2026-01-01T00:00:00.000Z");
    history.begin(stored);
    history.addMeasurement("1", measurement(0));
    history.addMeasurement("1", measurement(1));
    history.setParity("1", stored.parity);
    history.setParity("1", stored.parity);
    history.setQuality("1", stored.quality);
    equal(history.runs(), []);
    equal(history.runs({ all: true }), [{ ...stored, finishedAt: null }]);
    history.finish("1", "2026-01-01T00:00:01.000Z");
    equal(history.runs(), [{ ...stored, finishedAt: "2026-01-01T00:00:01.000Z" }]);
  });
});

Deno.test("History rejects a repeated measurement and a measurement of an unknown run", async () => {
  await withHistory((history) => {
    history.import(run("1", "2026-01-01T00:00:00.000Z"));
    throws(() => history.addMeasurement("1", measurement(1)), /has round 1 of .* twice/);
    throws(() => history.addMeasurement("2", measurement(0)), /There is no run 2/);
    equal(history.run("1")?.measurements.length, 2);
  });
});

Deno.test("History.runs() selects by machine, time and number, oldest first", async () => {
  await withHistory((history) => {
    for (const day of [3, 1, 2]) history.import(run(`${day}`, `2026-01-0${day}T00:00:00.000Z`));
    const machine = { ...testRun().machine, fingerprint: "b" };
    history.import(run("other", "2026-01-04T00:00:00.000Z", { machine }));
    history.import(run("rerun", "2026-01-03T01:00:00.000Z", { confirms: "3" }));
    const ids = (filter = {}): string[] => history.runs(filter).map(({ id }) => id);
    equal(ids(), ["1", "2", "3", "other"]);
    equal(ids({ fingerprint: testRun().machine.fingerprint }), ["1", "2", "3"]);
    equal(ids({ fingerprint: testRun().machine.fingerprint, last: 2 }), ["2", "3"]);
    equal(ids({ before: "2026-01-03T00:00:00.000Z" }), ["1", "2"]);
    equal(ids({ all: true, last: 3 }), ["3", "rerun", "other"]);
    equal(history.confirmationOf("3")?.id, "rerun");
    equal(history.confirmationOf("2"), undefined);
  });
});

Deno.test("History.import() rejects a run that has a measurement twice", async () => {
  await inTemporaryFolder(async (folder) => {
    const history = await History.open(join(folder, "history.sqlite"));
    const twice = run("twice", "2026-01-01T00:00:00.000Z");
    const [first] = twice.measurements;
    const repeated = { ...twice, measurements: [...twice.measurements, first!] };
    throws(() => history.import(repeated), HistoryError);
    equal(history.run("twice"), undefined);
    history.close();
  });
});

Deno.test("History.import() does not change a stored run", async () => {
  await withHistory((history) => {
    const stored = run("1", "2026-01-01T00:00:00.000Z");
    equal([history.import(stored), history.import({ ...stored, finishedAt: null })], [true, false]);
    equal(history.runs({ all: true }), [stored]);
  });
});

Deno.test("History.prune() removes old runs with all their figures, but not the pinned run", async () => {
  await withHistory((history) => {
    for (const day of [1, 2, 3]) history.import(run(`${day}`, `2026-01-0${day}T00:00:00.000Z`));
    equal(history.pinned(), null);
    history.pin("1");
    equal(history.prune("2026-01-03T00:00:00.000Z"), 1);
    equal(history.runs().map(({ id, measurements }) => [id, measurements.length]), [
      ["1", 2],
      ["3", 2],
    ]);
    equal(history.pinned(), "1");
    history.pin(null);
    equal(history.pinned(), null);
    throws(() => history.pin("2"), HistoryError);
    const { finishedAt: _, ...begun } = history.run("1")!;
    history.begin({ ...begun, id: "early" });
    throws(() => history.pin("early"), /pin a complete run/);
  });
});

Deno.test("History.open() explains why a file is not a history", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "text.sqlite");
    await Deno.writeTextFile(
      path,
      "this is no database at all, but long enough to look like one\n".repeat(20),
    );
    await rejects(
      History.open(path),
      /Cannot open the history .*text\.sqlite: file is not a database/,
    );
    await rejects(History.open(folder), /Cannot open the history/);
  });
});

Deno.test("two processes that create and fill one history at once lose no run", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "runs.sqlite");
    const program = `
      import { History } from ${JSON.stringify(new URL("./history.ts", import.meta.url).href)};
      const [path, id, text] = Deno.args;
      const history = await History.open(path);
      const run = JSON.parse(text);
      history.begin({ ...run, id });
      for (let round = 0; round < 40; round++) {
        history.addMeasurement(id, { ...run.measurements[0], round });
      }
      history.close();`;
    const script = join(folder, "fill.ts");
    await Deno.writeTextFile(script, program);
    const text = JSON.stringify(run("x", "2026-01-01T00:00:00.000Z"));
    const config = new URL("../deno.json", import.meta.url).pathname;
    const outputs = await Promise.all(
      ["a", "b", "c"].map((id) =>
        outcomeOf(
          new Deno.Command(Deno.execPath(), {
            args: ["run", "--config", config, "-A", script, path, id, text],
            env: { DENO_NO_UPDATE_CHECK: "1" },
            ...{ stdout: "piped", stderr: "piped" },
          }).spawn(),
        )
      ),
    );
    for (const { code, stderr } of outputs) equal(code, 0, stderr);
    const history = await History.open(path);
    equal(history.runs({ all: true }).map(({ measurements }) => measurements.length), [40, 40, 40]);
    history.close();
  });
});
