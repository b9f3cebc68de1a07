/**
 * What a catalogue costs: machines, days and money from measured seconds a track.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { z } from "zod";
import { printable } from "../core/printable.ts";
import { reasonOf } from "../core/reason.ts";
import { firstIssue } from "../core/schema.ts";
import { UsageError } from "../core/usage_error.ts";
import { queryTable } from "./table.ts";

const machineSchema = z.strictObject({
  name: z.string().min(1).describe("Name of the machine"),
  price: z.number().min(0).describe("Price of an hour"),
  seconds: z.record(z.string(), z.number().gt(0)).describe(
    "Seconds of a track on this machine by settings, with as many tracks side by side as it runs",
  ),
});

const fileSchema = z.strictObject({
  currency: z.string().default("").describe("Unit of the prices"),
  machine: z.array(machineSchema).min(1),
});

/** A machine, its price, and how fast it is. */
export interface PricedMachine {
  /** Name of the machine. */
  readonly name: string;
  /** Price of an hour. */
  readonly price: number;
  /** Seconds of a track by settings. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** Machines of a file. */
export interface Machines {
  /** Unit of the prices. */
  readonly currency: string;
  /** The machines. */
  readonly machines: readonly PricedMachine[];
}

/** One row of a calculation. */
export interface CostRow {
  /** Name of the machine. */
  readonly machine: string;
  /** Settings with which tracks are analysed. */
  readonly settings: string;
  /** Seconds of a track. */
  readonly seconds: number;
  /** Hours of one machine. */
  readonly hours: number;
  /** Machines with which it takes the days. */
  readonly machines: number;
  /** Price of the hours. */
  readonly price: number;
}

/** What is calculated. */
export interface CostOptions {
  /** Number of tracks. */
  readonly tracks: number;
  /** Days in which all tracks are to be done. */
  readonly days: number;
  /** Share of the time in which machines do not work: starts, ends, tracks that are done again. */
  readonly idle: number;
}

/**
 * Reads a file of machines.
 *
 * @param path path of a TOML file
 * @throws {UsageError} if it cannot be read, is no TOML, or lacks a field
 */
export async function readMachines(path: string): Promise<Machines> {
  const name = printable(path);
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new UsageError(
      `The file of machines ${name} cannot be read (${
        reasonOf(cause)
      }): name another with --machines`,
      { cause },
    );
  });
  const { parse, TomlError } = await import("smol-toml");
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const { line, column } = cause;
    throw new UsageError(
      `The file of machines ${name} is no TOML (line ${line}, column ${column}: ${
        cause.message.split("\n")[0]
      }): docs/catalogue.md has an example`,
      { cause },
    );
  }
  const { data, error } = fileSchema.safeParse(value);
  if (error !== undefined) {
    throw new UsageError(`The file of machines ${name}: ${firstIssue(error)}`);
  }
  return { currency: data.currency, machines: data.machine };
}

/**
 * Returns the machines of a table of tracks: each worker with the seconds between its first start and its last end, divided by
 * its tracks.
 *
 * @param parquet path of the table
 * @param price price of an hour of each
 * @throws {UsageError} if there is no table, or it has no tracks
 */
export async function measuredMachines(parquet: string, price: number): Promise<PricedMachine[]> {
  const rows = await queryTable(
    parquet,
    `SELECT worker, demixer || ' / ' || model AS settings,
       (max(epoch(started) + work_seconds) - min(epoch(started))) / count(*) AS seconds
     FROM tracks GROUP BY ALL ORDER BY ALL`,
    ["worker", "demixer", "model", "started", "work_seconds"],
  );
  if (rows.length === 0) {
    throw new UsageError(`${printable(parquet)} has no tracks, whose seconds would be known`);
  }
  const workers = Map.groupBy(rows, ({ worker }) => String(worker));
  return [...workers].map(([name, rows]) => ({
    ...{ name, price },
    seconds: Object.fromEntries(
      rows.map(({ settings, seconds }) => [String(settings), Number(seconds)]),
    ),
  }));
}

/**
 * Calculates hours, machines and money.
 *
 * @param machines machines and their seconds
 * @param options tracks, days, and idle time
 */
export function costRows(
  machines: readonly PricedMachine[],
  { tracks, days, idle }: CostOptions,
): CostRow[] {
  return machines.flatMap(({ name, price, seconds }) =>
    Object.entries(seconds).map(([settings, each]) => {
      const hours = tracks * each / 3600 / (1 - idle);
      return {
        ...{ machine: name, settings, seconds: each, hours },
        machines: Math.ceil(hours / 24 / days),
        price: hours * price,
      };
    })
  );
}
