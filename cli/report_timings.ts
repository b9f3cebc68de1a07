/**
 * `report timings`: the timeline of a timings file.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { writeWhole } from "../core/files.ts";
import { timingsPage } from "../reports/render/timings_page.ts";
import { readTimings } from "../reports/timings_file.ts";
import { parsedArgs } from "./parsed_args.ts";
import { UsageError } from "../core/usage_error.ts";
import { ensureFile } from "./writable.ts";

const HELP = `Usage: deno task report timings FILE.jsonl [options]

Draws when each stage ran, as a page that opens without a network. The file is what analyze
--timings-path wrote, or all-in-one-mlx; it may hold several runs, one after the other.

  -o, --out FILE           the page (default: FILE.html)
      --seconds N          length of each track, for times real time
  -h, --help               print this

Exit codes: 0 done, 2 the call was wrong or could not run`;

const OPTIONS = {
  out: { type: "string", short: "o" },
  seconds: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/**
 * Runs the command.
 *
 * @param args what follows `report timings`
 * @returns the exit code
 * @throws {UsageError | TimingsFileError} if the call is wrong, or the file is none of timings
 */
export async function reportTimings(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsedArgs("report timings", {
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    throw new UsageError("Expected one file after report timings");
  }
  const seconds = values.seconds === undefined ? undefined : secondsOf(values.seconds);
  const out = values.out ?? `${file}.html`;
  await ensureFile(out, "--out");
  const runs = readTimings(await textOf(file));
  await writeWhole(
    out,
    timingsPage(runs, {
      title: basename(file),
      ...(seconds !== undefined && {
        trackSeconds: new Map(
          runs.flatMap(({ tracks }) => tracks.map((track) => [track, seconds])),
        ),
      }),
    }),
  );
  console.log(out);
  return 0;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new UsageError(`--seconds expects a number above 0, but got ${text}`);
}
