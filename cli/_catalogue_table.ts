/**
 * The runs of `catalogue` that need the table, or nothing but numbers.
 *
 * @module
 */

import {
  costRows,
  exportTable,
  measuredMachines,
  openTellingStore,
  queryTable,
  readMachines,
  simulate,
  stageRows,
} from "../catalogue/mod.ts";
import { printable } from "../core/printable.ts";
import { reasonOf } from "../core/reason.ts";
import { textTable } from "../core/table.ts";
import { UsageError } from "../core/usage_error.ts";
import { pick } from "./command.ts";

/** Writes a table of all records. */
export async function writeTable(
  values: {
    readonly store: string;
    readonly out: string;
    readonly csv?: string;
    readonly jsonLines?: string;
  },
): Promise<number> {
  const store = await openTellingStore(values.store, console.error);
  const files = { parquet: values.out, ...pick(values, "csv", "jsonLines") };
  const { added, removed, rows } = await exportTable(
    store,
    files,
    (read) => console.error(`${read} records read`),
  );
  store.close();
  console.log(`${printable(values.out)}: ${rows} rows, ${added} added, ${removed} removed`);
  return 0;
}

/** Prints the seconds of each stage. */
export async function printStages(table: string): Promise<number> {
  console.log(textTable(await stageRows(table), (column) => column > 1).join("\n"));
  return 0;
}

/** Prints the rows of a query. */
export async function query(table: string, sql: string, isJson: boolean): Promise<number> {
  let rows: Record<string, unknown>[];
  try {
    rows = await queryTable(table, sql);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`The query failed: ${reasonOf(cause)}`, { cause });
  }
  if (isJson) {
    console.log(JSON.stringify(rows, null, 2));
  } else if (rows.length === 0) {
    console.error("No rows");
  } else {
    const head = Object.keys(rows[0]!);
    const cell = (value: unknown): string =>
      value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
    console.log(
      textTable([head, ...rows.map((row) => head.map((name) => cell(row[name])))]).join("\n"),
    );
  }
  return 0;
}

/** Prints machines, days and money. */
export async function cost(
  values: {
    readonly tracks: number;
    readonly machines?: string;
    readonly table?: string;
    readonly price: number;
    readonly days: number;
    readonly idle: number;
    readonly json: boolean;
  },
): Promise<number> {
  if (values.machines === undefined && values.table === undefined) {
    throw new UsageError("Expected --machines, --table, or both: seconds a track come from them");
  }
  const file = values.machines === undefined
    ? { currency: "", machines: [] }
    : await readMachines(values.machines);
  const measured = values.table === undefined
    ? []
    : await measuredMachines(values.table, values.price);
  const rows = costRows([...file.machines, ...measured], values);
  if (values.json) {
    console.log(JSON.stringify(rows, null, 2));
    return 0;
  }
  const { tracks, days, idle } = values;
  console.log(
    textTable([
      [
        ...[
          "machine",
          "settings",
          "s a track",
          "tracks a day",
          "hours",
          `machines for ${days} days`,
        ],
        `price${file.currency === "" ? "" : ` ${file.currency}`}`,
      ],
      ...rows.map(({ machine, settings, seconds, hours, machines, price }) => [
        ...[machine, settings, seconds.toFixed(2), (86_400 * (1 - idle) / seconds).toFixed(0)],
        ...[hours.toFixed(0), String(machines), price.toFixed(2)],
      ]),
    ], (column) => column > 1).join("\n"),
  );
  console.log(
    `\n${tracks} tracks. Assumed: each takes the seconds above, machines are idle for ${
      (100 * idle).toFixed(0)
    } % of the time, and Redis, the requests to the store and its traffic are not counted.`,
  );
  return 0;
}

/** Prints how busy each part is with several numbers of workers. */
export async function simulateWorkers(
  values: {
    readonly tracks: number;
    readonly workers: readonly number[];
    readonly jobs: number;
    readonly seconds: number;
    readonly spread: number;
    readonly megabytes: number;
    readonly queueRate: number;
    readonly getRate: number;
    readonly putRate: number;
    readonly latency: number;
    readonly bandwidth: number;
    readonly json: boolean;
  },
): Promise<number> {
  const found = values.workers.map((workers) => ({
    workers,
    ...simulate({
      ...pick(values, "tracks", "seconds", "spread", "queueRate", "getRate", "putRate"),
      ...{ workers, slots: values.jobs, latencySeconds: values.latency, seed: 1 },
      bytes: 1e6 * values.megabytes,
      bandwidth: 1e9 / 8 * values.bandwidth,
    }),
  }));
  if (values.json) {
    console.log(JSON.stringify(found, null, 2));
    return 0;
  }
  const percent = (share: number): string => (100 * share).toFixed(1);
  console.log(
    textTable([
      [
        ...["workers", "days", "tracks a s", "workers busy %", "queue %", "reading %", "writing %"],
        ...["network %", "bottleneck"],
      ],
      ...found.map(({ workers, seconds, busy, bottleneck }) => [
        ...[String(workers), (seconds / 86_400).toFixed(3), (values.tracks / seconds).toFixed(1)],
        ...[busy.workers, busy.queue, busy.reading, busy.writing, busy.network].map(percent),
        bottleneck,
      ]),
    ], (column) => column < 8).join("\n"),
  );
  return await Promise.resolve(0);
}
