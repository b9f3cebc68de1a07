import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { HistoryError, migrate, MIGRATIONS, refuseForeign } from "./history_schema.ts";

Deno.test("migrate() brings an older file to the newest version and keeps what is in it", () => {
  const database = new DatabaseSync(":memory:");
  const [first, second] = ["CREATE TABLE t (a)", "ALTER TABLE t ADD COLUMN b DEFAULT 7"];
  migrate(database, "x", [first]);
  database.exec("INSERT INTO t VALUES (1)");
  migrate(database, "x", [first, second]);
  migrate(database, "x", [first, second]);
  equal({ ...database.prepare("SELECT a, b FROM t").get() }, { a: 1, b: 7 });
  database.close();
});

Deno.test("migrate() leaves a file as it was when a step fails", () => {
  const database = new DatabaseSync(":memory:");
  migrate(database, "x", ["CREATE TABLE t (a)"]);
  throws(() => migrate(database, "x", ["CREATE TABLE t (a)", "CREATE TABLE u (a)", "NO SQL"]));
  equal({ ...database.prepare("PRAGMA user_version").get() }, { user_version: 1 });
  equal(database.prepare("SELECT name FROM sqlite_master").all().length, 1);
  database.close();
});

Deno.test("migrate() refuses what a newer program wrote", () => {
  const database = new DatabaseSync(":memory:");
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  throws(
    () => migrate(database, "nights.sqlite"),
    (error) =>
      error instanceof HistoryError &&
      /^nights\.sqlite is a history of version/.test(error.message),
  );
  database.close();
});

Deno.test("a history of version 1 gets a column for what each stage read, unknown for its nights", () => {
  const database = new DatabaseSync(":memory:");
  migrate(database, "x", MIGRATIONS.slice(0, 1));
  database.exec(`
    INSERT INTO runs VALUES ('r', '2026-01-01', NULL, NULL, 'f', '{}', '{}', '{}', '{}', '[]', '[]');
    INSERT INTO measurements VALUES ('r', 0, 'v', 't', 0, 1, 1, 1, 5);
    INSERT INTO stages VALUES ('r', 0, 0, 'decode', 0, 1, 1, 1);`);
  migrate(database, "x");
  equal({ ...database.prepare("SELECT stage, bytes_read FROM stages").get() }, {
    stage: "decode",
    bytes_read: null,
  });
  database.close();
});

Deno.test("refuseForeign() takes empty files and histories, and no database of another program", () => {
  const database = new DatabaseSync(":memory:");
  refuseForeign(database, "x");
  migrate(database, "x");
  refuseForeign(database, "x");
  database.close();
  for (const version of [0, 1, MIGRATIONS.length]) {
    const other = new DatabaseSync(":memory:");
    other.exec(`CREATE TABLE customers (name); PRAGMA user_version = ${version}`);
    throws(() => refuseForeign(other, "shop.sqlite"), /^HistoryError: shop\.sqlite is no history/);
    other.close();
  }
});
