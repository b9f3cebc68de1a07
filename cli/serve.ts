/**
 * `serve`: analyses tracks for programs and browsers over HTTP.
 *
 * @module
 */

import { CALL } from "../core/program.ts";
import { UsageError } from "../core/usage_error.ts";
import { FINDING_OPTIONS, findingsOf } from "./_finding_options.ts";
import {
  backendOn,
  checkPrecision,
  COMPUTE_OPTIONS,
  PRECISION,
  SHIFT_OPTIONS,
  WEIGHTS_OPTIONS,
} from "./_options.ts";
import { numberFrom, OUTPUT_FOLDER, seconds, text, wholeNumber } from "./argument_types.ts";
import { type Command, command, flag, option } from "./command.ts";

const OPTIONS = {
  host: option(
    text("address"),
    "address to listen at; one that other machines reach needs a token",
  ).default("127.0.0.1"),
  port: option(wholeNumber(0, 65_535), "port to listen at, 0 for one that is free").short("p")
    .default(8008),
  tokenFile: option(text("file"), "file with the token that requests must have")
    .shownDefault("$TACTUS_TOKEN, else none"),
  allowHost: option(
    text("name"),
    "name of this service in the header Host, such as that of a proxy in front of it",
  ).repeated().shownDefault("localhost and 127.0.0.1; with a token beyond localhost any"),
  dataDir: option(OUTPUT_FOLDER, "folder for uploads and results, of one service alone")
    .default("./serve"),
  audioDir: option(text("dir"), "folder whose files requests may name by their paths")
    .shownDefault("none"),
  jobs: option(wholeNumber(1, 64), "analyses at the same time").short("j")
    .shownDefault("2, less where memory or cores are few"),
  redis: option(
    text("url"),
    "address of Redis or Valkey: the workers of a catalogue analyse, rather than this process",
  ).shownDefault("none"),
  queue: option(text("name"), "name of the queue on Redis").default("tactus"),
  store: option(
    text("address"),
    "store of the catalogue: a folder that its workers share, or s3://bucket/prefix",
  ).default("./catalogue"),
  ffmpeg: flag("also accept formats without a built-in decoder, which ffmpeg decodes"),
  maxUpload: option(wholeNumber(1, 100_000), "most megabytes of a file").default(200),
  maxSeconds: option(seconds(43_200), "longest audio").default(3600),
  maxTime: option(seconds(604_800), "most seconds that an analysis takes").default(3600),
  maxQueue: option(wholeNumber(1, 1_000_000), "most analyses that wait").default(100),
  maxStorage: option(
    numberFrom("gb", 0.001, 1e6),
    "most gigabytes in --data-dir; the oldest finished analyses are removed",
  ).default(20),
  maxKept: option(wholeNumber(1, 1_000_000), "most analyses that are kept").default(10_000),
  maxConnections: option(wholeNumber(2, 10_000), "most connections at the same time").default(128),
  maxUploads: option(wholeNumber(1, 1000), "most uploads at the same time").default(16),
  uploadTime: option(seconds(86_400), "most seconds that an upload takes").default(600),
  idleTime: option(seconds(3600), "most seconds of an upload without a byte").default(30),
  grace: option(
    numberFrom("seconds", 0, 86_400),
    "seconds that running analyses have when the service ends; then the next start runs them again",
  ).default(10),
  ...WEIGHTS_OPTIONS,
  ...SHIFT_OPTIONS,
  ...FINDING_OPTIONS,
  ...COMPUTE_OPTIONS,
  precision: PRECISION,
} as const;

/** The command `serve`. */
export const serve: Command = command({
  name: `${CALL} serve`,
  description:
    "Analyses tracks over HTTP: uploads and paths to results in all formats, progress, and a player. " +
    "Prints its address and serves until it is interrupted; docs/service.md describes requests, limits and security.",
  options: OPTIONS,
  exitCodes: ["the service has ended"],
  async run(values, _, given): Promise<number> {
    for (const key of ["queue", "store"]) {
      if (values.redis !== undefined || !given.has(key)) continue;
      throw new UsageError(`--${key} is that of a catalogue: name its --redis too`);
    }
    const backend = backendOn(values.device, values.backend);
    checkPrecision(values.precision, backend);
    const findings = findingsOf(values);
    return await (await import("./_serve_run.ts")).runServe({ ...values, backend, findings });
  },
});
