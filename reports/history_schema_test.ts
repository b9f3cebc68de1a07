import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { History } from "./history.ts";
import { HistoryError, migrate, MIGRATIONS, refuseForeign } from "./history_schema.ts";
import { readHistoryLine } from "./report_document.ts";

Deno.test("migrate() brings an older file to the newest version and keeps its content", () => {
  const database = new DatabaseSync(":memory:");
  const [first, second] = ["CREATE TABLE t (a)", "ALTER TABLE t ADD COLUMN b DEFAULT 7"];
  migrate(database, "x", [first]);
  database.exec("INSERT INTO t VALUES (1)");
  migrate(database, "x", [first, second]);
  migrate(database, "x", [first, second]);
  equal({ ...database.prepare("SELECT a, b FROM t").get() }, { a: 1, b: 7 });
  database.close();
});

Deno.test("migrate() does not change a file if a migration fails", () => {
  const database = new DatabaseSync(":memory:");
  migrate(database, "x", ["CREATE TABLE t (a)"]);
  throws(() => migrate(database, "x", ["CREATE TABLE t (a)", "CREATE TABLE u (a)", "NO SQL"]));
  equal({ ...database.prepare("PRAGMA user_version").get() }, { user_version: 1 });
  equal(database.prepare("SELECT name FROM sqlite_master").all().length, 1);
  database.close();
});

Deno.test("migrate() rejects a file of a newer program", () => {
  const database = new DatabaseSync(":memory:");
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  throws(
    () => migrate(database, "runs.sqlite"),
    (error) =>
      error instanceof HistoryError &&
      /^runs\.sqlite is a history of version/.test(error.message),
  );
  database.close();
});

Deno.test("a history of version 1 becomes documents in which the bytes that a stage read are unknown", () => {
  const database = new DatabaseSync(":memory:");
  migrate(database, "x", MIGRATIONS.slice(0, 1));
  database.exec(`
    INSERT INTO runs VALUES ('r', '2026-01-01', NULL, NULL, 'f', '{}', '{}', '{}', '{}', '[]', '[]');
    INSERT INTO measurements VALUES ('r', 0, 'v', 't', 0, 1, 1, 1, 5);
    INSERT INTO stages VALUES ('r', 0, 0, 'decode', 0, 1, 1, 1);`);
  migrate(database, "x");
  const row = database.prepare("SELECT id, started_at, document FROM runs").get()!;
  equal([row["id"], row["started_at"]], ["r", "2026-01-01"]);
  equal(JSON.parse(String(row["document"])).measurements, [{
    ...{ variant: "v", track: "t", round: 0, seconds: 1, cpuSeconds: 1, peakBytes: 1 },
    bytesRead: 5,
    stages: [{
      ...{ stage: "decode", start: 0, end: 1, cpuSeconds: 1, peakBytes: 1, bytesRead: null },
    }],
  }]);
  database.close();
});

Deno.test("refuseForeign() accepts empty files and histories, and rejects a database of another program", () => {
  const database = new DatabaseSync(":memory:");
  refuseForeign(database, "x");
  migrate(database, "x");
  refuseForeign(database, "x");
  database.close();
  for (const version of [0, 1, MIGRATIONS.length]) {
    const other = new DatabaseSync(":memory:");
    other.exec(`CREATE TABLE customers (name); PRAGMA user_version = ${version}`);
    throws(
      () => refuseForeign(other, "shop.sqlite"),
      /^HistoryError: shop\.sqlite is not a history/,
    );
    other.close();
  }
});

Deno.test("migration of a file of version 2 keeps every run to the last digit", async () => {
  // Written by the program at commit 0326b81: a bench, and runs of testdata/example.ts.
  const old = new URL("testdata/history_v2", import.meta.url).pathname;
  const lines = (await Deno.readTextFile(`${old}.jsonl`)).trim().split("\n").map(readHistoryLine);
  const runs = lines.filter((line) => !("pinned" in line));
  equal(runs.length, 4);
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "history.sqlite");
    await Deno.copyFile(`${old}.sqlite`, path);
    for (let opened = 0; opened < 2; opened++) {
      const history = await History.open(path);
      equal(history.runs({ all: true }), runs);
      equal([{ pinned: history.pinned() }], lines.filter((line) => "pinned" in line));
      equal(history.finishedParts("interrupted"), new Set(["parity"]));
      equal(history.runs().length, 2);
      history.close();
    }
  });
});
