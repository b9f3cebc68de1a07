/**
 * `catalogue`: tracks that many machines analyse, through a queue on Redis and a store.
 *
 * @module
 */

import { CALL } from "../core/program.ts";
import { UsageError } from "../core/usage_error.ts";
import { FORMAT_NAMES } from "../outputs/formats/mod.ts";
import {
  type ArgumentType,
  expected,
  listOf,
  numberFrom,
  OUTPUT_FILE,
  text,
  wholeNumber,
} from "./argument_types.ts";
import { type Command, command, flag, option } from "./command.ts";
import { FINDING_OPTIONS } from "./_finding_options.ts";
import {
  AUDIO_OPTIONS,
  COMPUTE_OPTIONS,
  PART_OPTIONS,
  PRECISION,
  SHIFT_OPTIONS,
  WEIGHTS_OPTIONS,
} from "./_options.ts";

/** Environment variables that name the queue and the store. */
const REDIS_VARIABLE = "TACTUS_REDIS";
const STORE_VARIABLE = "TACTUS_STORE";

const QUEUE_OPTIONS = {
  redis: option(
    text("url"),
    "address of Redis or Valkey, redis://[[user]:password@]host:port[/number]",
  )
    .default(
      Deno.env.get(REDIS_VARIABLE) ?? "redis://127.0.0.1:6379",
      `$${REDIS_VARIABLE}, else redis://127.0.0.1:6379`,
    ),
  queue: option(text("name"), "name of the queue").default("tactus"),
} as const;

const STORE_OPTIONS = {
  store: option(
    text("address"),
    "where records are kept: a folder, or s3://bucket/prefix; credentials and endpoint are those of the " +
      "AWS_ variables",
  ).default(Deno.env.get(STORE_VARIABLE) ?? "./catalogue", `$${STORE_VARIABLE}, else ./catalogue`),
} as const;

/** A number of tracks in a time. */
const RATE: ArgumentType<{ readonly most: number; readonly seconds: number } | null> = {
  name: "rate",
  range: "a number of tracks, / and s, min or h: 10/s, 600/min; or none",
  parse(text, option): { most: number; seconds: number } | null {
    if (text === "none") return null;
    const [, most, unit = ""] = /^([1-9]\d{0,6})\/(s|min|h)$/.exec(text) ?? [];
    if (most === undefined) throw expected(option, "a rate such as 10/s or 600/min, or none", text);
    return { most: Number(most), seconds: { s: 1, min: 60, h: 3600 }[unit]! };
  },
};

/** An address to listen on. */
const LISTEN: ArgumentType<{ readonly hostname: string; readonly port: number }> = {
  name: "host:port",
  parse(text, option): { hostname: string; port: number } {
    const [, host, port] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? [];
    if (port === undefined || Number(port) > 65_535) {
      throw expected(option, "a port, or a host, a colon and a port", text);
    }
    return { hostname: (host ?? "127.0.0.1").replace(/^\[|\]$/g, ""), port: Number(port) };
  },
};

/** Whole numbers, separated by commas. */
const NUMBERS: ArgumentType<readonly number[]> = {
  name: "n,...",
  parse: (text, option) =>
    text.split(",").map((part) => wholeNumber(1, 1_000_000).parse(part, option)),
};

const PATTERNS =
  "patterns of addresses: * stands for any text, ? for one character, and a text without them for all that has it";

const add = command({
  name: `${CALL} catalogue add`,
  description:
    `Adds tracks to the queue. A track is known by its content and by the weights, the settings and the version of the
program: what the queue or the store has is not added again.

Workers read local files where they are: they need the same folder under the same path.`,
  arguments: {
    "[audio...]":
      "files, folders, patterns, playlists (M3U), - for a list on standard input, or s3://bucket/prefix",
  },
  options: {
    recursive: flag("search the folders within given folders too").short("r"),
    ...QUEUE_OPTIONS,
    ...STORE_OPTIONS,
    priority: option(wholeNumber(1, 2_097_151), "rank of the tracks, 1 is the first")
      .shownDefault("before all ranks"),
    attempts: option(
      wholeNumber(1, 100),
      "times that a track is tried before it goes to the dead letters",
    ).default(3),
    ...WEIGHTS_OPTIONS,
    ...SHIFT_OPTIONS,
    ...AUDIO_OPTIONS,
    maxSeconds: option(
      numberFrom("seconds", 1, 604_800),
      "longest audio; a longer track becomes a dead letter",
    ).shownDefault("any length"),
    ...PART_OPTIONS,
    ...FINDING_OPTIONS,
    ...COMPUTE_OPTIONS,
    precision: PRECISION,
    activ: flag("also store the activations").short("a"),
    embed: flag("also store the embeddings").short("e"),
    format: option(listOf("format", FORMAT_NAMES), "also store files for other programs")
      .repeated(),
    json: flag("print the counts as JSON"),
  },
  reportsNames: true,
  exitCodes: ["all tracks are added, or were known", "a track cannot be read"],
  async run(values, inputs): Promise<number> {
    if (inputs.length === 0) {
      throw new UsageError(`Expected audio to add; see ${CALL} catalogue add --help`);
    }
    return await (await import("./_catalogue_queue.ts")).add(values, inputs);
  },
});

const worker = command({
  name: `${CALL} catalogue worker`,
  description:
    `Analyses tracks of the queue until it is stopped. Weights and settings are those that the tracks were added with.

SIGTERM or Ctrl-C: it takes no further tracks, and ends when those that run are done; after --grace they are given back.
Logs are JSON, one object a line, on standard output.`,
  options: {
    ...QUEUE_OPTIONS,
    ...STORE_OPTIONS,
    weightsDir: COMPUTE_OPTIONS.weightsDir,
    threads: COMPUTE_OPTIONS.threads,
    jobs: option(wholeNumber(1, 64), "tracks side by side").short("j").default(2),
    untilEmpty: flag("end when the queue is empty"),
    grace: option(numberFrom("seconds", 0, 86_400), "time for running tracks after a stop")
      .default(25),
    lock: option(
      numberFrom("seconds", 1, 3600),
      "time after which the track of a worker that does not answer is taken by another",
    ).default(30),
    name: option(text("name"), "name of the worker in records and logs")
      .shownDefault("name of the host and number of the process"),
    listen: option(LISTEN, "answer /metrics, /healthz and /readyz over HTTP"),
    storePatience: option(
      numberFrom("seconds", 1, 86_400),
      "time for which requests to the store are repeated before the track fails",
    ).default(300),
    scratch: option(text("dir"), "folder for audio while it is analysed")
      .shownDefault("the temporary folder of the system"),
  },
  exitCodes: ["the worker was stopped, or the queue is empty"],
  run: async (values) => await (await import("./_catalogue_queue.ts")).work(values),
});

const status = command({
  name: `${CALL} catalogue status`,
  description:
    "Prints what the queue holds: tracks by state, workers, tracks that run, dead letters.",
  options: {
    ...QUEUE_OPTIONS,
    dead: flag("list the dead letters with their reasons"),
    json: flag("print it as JSON"),
  },
  run: async (values) => await (await import("./_catalogue_queue.ts")).status(values),
});

const retry = command({
  name: `${CALL} catalogue retry`,
  description: "Lets dead letters wait again, with all their attempts.",
  arguments: { "<pattern...>": `${PATTERNS}; of a reason too` },
  options: QUEUE_OPTIONS,
  exitCodes: ["they wait", "no dead letter matches"],
  run: async (values, patterns) =>
    await (await import("./_catalogue_queue.ts")).retry(values, patterns),
});

const cancel = command({
  name: `${CALL} catalogue cancel`,
  description:
    "Takes tracks out of the queue. Those that wait and dead letters are removed; those that run are stopped, and become dead letters.",
  arguments: { "<pattern...>": PATTERNS },
  options: QUEUE_OPTIONS,
  exitCodes: ["they are removed", "no track matches"],
  run: async (values, patterns) =>
    await (await import("./_catalogue_queue.ts")).cancel(values, patterns),
});

const pause = command({
  name: `${CALL} catalogue pause`,
  description: "Lets workers take no further tracks; those that run end.",
  options: { ...QUEUE_OPTIONS, drain: flag("wait until no track runs") },
  run: async (values) => await (await import("./_catalogue_queue.ts")).pause(values),
});

const resume = command({
  name: `${CALL} catalogue resume`,
  description: "Lets workers take tracks again.",
  options: QUEUE_OPTIONS,
  run: async (values) => await (await import("./_catalogue_queue.ts")).resume(values),
});

const rate = command({
  name: `${CALL} catalogue rate`,
  description: "Prints or sets how many tracks all workers together may begin in a time.",
  arguments: { "[rate]": "such as 10/s, 600/min or none" },
  options: QUEUE_OPTIONS,
  run: async (values, [given]) =>
    await (await import("./_catalogue_queue.ts")).rate(
      values,
      given === undefined ? undefined : RATE.parse(given, "RATE"),
    ),
});

const dashboard = command({
  name: `${CALL} catalogue dashboard`,
  description:
    "Shows the queue as a page (bull-board) until it is stopped. Everyone who can reach the page can change the queue.",
  options: {
    ...QUEUE_OPTIONS,
    listen: option(LISTEN, "address of the page").default(
      { hostname: "127.0.0.1", port: 8090 },
      "127.0.0.1:8090",
    ),
  },
  run: async (values) => await (await import("./_catalogue_queue.ts")).dashboard(values),
});

const exportCommand = command({
  name: `${CALL} catalogue export`,
  description:
    `Writes a table of all records, one row a track, as Parquet, and as CSV and JSON Lines where they are named. A table that is
there is brought up to date: only new records are read.`,
  options: {
    ...STORE_OPTIONS,
    out: option(OUTPUT_FILE, "Parquet file").short("o").default("./catalogue.parquet"),
    csv: option(OUTPUT_FILE, "also write a CSV file, in which lists are JSON"),
    jsonLines: option(OUTPUT_FILE, "also write a file with a JSON object a line"),
  },
  exitCodes: ["the table has all records"],
  run: async (values) => await (await import("./_catalogue_table.ts")).writeTable(values),
});

const stages = command({
  name: `${CALL} catalogue stages`,
  description:
    "Prints the seconds of each stage over all tracks of a table, with the columns of the nightly report.",
  arguments: {
    "[table]": "Parquet file that catalogue export has written; ./catalogue.parquet by default",
  },
  run: async (_, [table = "./catalogue.parquet"]) =>
    await (await import("./_catalogue_table.ts")).printStages(table),
});

const query = command({
  name: `${CALL} catalogue query`,
  description:
    "Prints what a query of SQL finds in a table, whose rows are the view tracks; docs/catalogue.md has examples.",
  arguments: { "<sql>": "the query, for DuckDB" },
  options: {
    table: option(text("file"), "Parquet file that catalogue export has written")
      .default("./catalogue.parquet"),
    json: flag("print the rows as JSON"),
  },
  run: async (values, [sql = ""]) =>
    await (await import("./_catalogue_table.ts")).query(values.table, sql, values.json),
});

/** What `catalogue cost` and `catalogue simulate` have in common. */
const TRACKS = option(wholeNumber(1, 1_000_000_000), "number of tracks").default(1_000_000);

const cost = command({
  name: `${CALL} catalogue cost`,
  description:
    `Prints machines, days and money for a number of tracks, from measured seconds a track.

The file of machines is TOML: currency = "€", and for each machine [[machine]] with name, price (of an hour) and seconds =
{ default = 1.2, htdemucs = 33 }. Of a table each worker is a machine, with the seconds that its tracks have taken.`,
  options: {
    tracks: TRACKS,
    machines: option(text("file"), "file of machines"),
    table: option(text("file"), "Parquet file that catalogue export has written"),
    price: option(numberFrom("price", 0, 1e6), "price of an hour of each worker of the table")
      .default(0),
    days: option(numberFrom("days", 0.01, 10_000), "days in which all tracks are to be done")
      .default(7),
    idle: option(
      numberFrom("share", 0, 0.99),
      "share of the time in which machines do not work: starts, ends, tracks that are done again",
    ).default(0.05),
    json: flag("print the rows as JSON"),
  },
  run: async (values) => await (await import("./_catalogue_table.ts")).cost(values),
});

const simulate = command({
  name: `${CALL} catalogue simulate`,
  description:
    "Simulates the passage of all tracks through the queue, the store and the workers, track by track, and prints which part is " +
    "busy most. The defaults are measurements (docs/catalogue.md) and the documented limits of S3 for one prefix.",
  options: {
    tracks: TRACKS,
    workers: option(NUMBERS, "numbers of workers").default([1, 10, 100, 1000], "1,10,100,1000"),
    jobs: option(wholeNumber(1, 64), "tracks side by side on each worker").short("j").default(2),
    seconds: option(numberFrom("seconds", 0.001, 1e6), "seconds of work on a track").required(),
    spread: option(numberFrom("share", 0, 10), "standard deviation of these seconds, as a share")
      .default(0.5),
    megabytes: option(numberFrom("mb", 0, 1e5), "size of a track").default(7),
    queueRate: option(numberFrom("jobs", 0.001, 1e9), "jobs a second that the queue passes")
      .default(10_000),
    getRate: option(numberFrom("requests", 0.001, 1e9), "reading requests a second of the store")
      .default(5500),
    putRate: option(numberFrom("requests", 0.001, 1e9), "writing requests a second of the store")
      .default(3500),
    latency: option(numberFrom("seconds", 0, 1000), "seconds of a request to the store").default(
      0.03,
    ),
    bandwidth: option(numberFrom("gbit", 0.001, 1e6), "Gbit/s from the store to all workers")
      .default(25),
    json: flag("print the rows as JSON"),
  },
  run: async (values) => await (await import("./_catalogue_table.ts")).simulateWorkers(values),
});

/** The command `catalogue`. */
export const catalogue: Command = command({
  name: `${CALL} catalogue`,
  description:
    `Analyses tracks on many machines, through a queue on Redis or Valkey and records in a folder or an S3 store;
docs/catalogue.md describes it.`,
  commands: {
    add: { summary: "add tracks to the queue", load: () => add },
    worker: { summary: "analyse tracks of the queue", load: () => worker },
    status: { summary: "print what the queue holds", load: () => status },
    retry: { summary: "let dead letters wait again", load: () => retry },
    cancel: { summary: "take tracks out of the queue", load: () => cancel },
    pause: { summary: "let workers take no further tracks", load: () => pause },
    resume: { summary: "let workers take tracks again", load: () => resume },
    rate: { summary: "limit the tracks that begin in a time", load: () => rate },
    dashboard: { summary: "show the queue as a page", load: () => dashboard },
    export: { summary: "write a table of all records", load: () => exportCommand },
    cost: { summary: "print machines, days and money for a number of tracks", load: () => cost },
    simulate: { summary: "find the first bottleneck of many workers", load: () => simulate },
    query: { summary: "run a query of SQL on a table", load: () => query },
    stages: { summary: "print the seconds of each stage", load: () => stages },
  },
});
