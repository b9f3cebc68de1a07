/**
 * `bench`: how fast a stage is, beside other programs.
 *
 * @module
 */

import { cpus } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { contest, type Contestant, median } from "../bench/contest.ts";
import { clipSamples, demucsDemix, tactusDemix } from "../bench/demix_bench.ts";
import { fixturesDirectory } from "../parity/manifest.ts";
import { BACKENDS } from "../pipeline/backends/backend.ts";
import { writeWhole } from "../pipeline/result_files.ts";
import { SAMPLE_RATE_HZ } from "../pipeline/spectrogram.ts";
import { oneOf } from "./one_of.ts";
import { StatusLine } from "./status_line.ts";
import { threadCount } from "./thread_count.ts";
import { UsageError } from "./usage_error.ts";
import { ensureFile } from "./writable.ts";

/** What `bench --help` prints. */
export const BENCH_HELP = `Usage: deno task bench --stage demix [options]

Times a stage on the beginning of the demo mix, with weights that need no download. With --peers the
original program runs in the same rounds: everybody once a round, each round another one first.

      --stage NAME         demix
      --backend NAME       only this backend, native or onnx; may be given several times
      --peers              also time demucs
      --peer-python FILE   a Python that has demucs 4.0.1, as fixtures/upstream/install.sh makes it
                           (default: fixtures/upstream/.venv/bin/python)
      --demixer NAME       as in analyze (default: seeded-htdemucs)
      --segments N         segments of 5.85 s, 1 to 7 (default: 3)
      --rounds N           rounds that count (default: 5)
      --threads N          threads of everybody (default: one for each core)
      --export-json FILE   also write all times as JSON
  -h, --help               print this

Exit codes: 0 done, 2 the call was wrong or could not run`;

const OPTIONS = {
  stage: { type: "string" },
  backend: { type: "string", multiple: true },
  peers: { type: "boolean", default: false },
  "peer-python": { type: "string" },
  demixer: { type: "string", default: "seeded-htdemucs" },
  segments: { type: "string", default: "3" },
  rounds: { type: "string", default: "5" },
  threads: { type: "string" },
  "export-json": { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** Where `fixtures/upstream/install.sh` puts Python unless told otherwise. */
const PEER_PYTHON = join(fixturesDirectory, "upstream", ".venv", "bin", "python");

/** The first round loads what is loaded once. */
const WARM_UPS = 1;

/** All times of one run. */
interface BenchReport {
  readonly format: 1;
  readonly stage: string;
  readonly audioSeconds: number;
  readonly segments: number;
  readonly threads: number;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly os: string };
  /** For each contestant the seconds of every round, in order. */
  readonly seconds: Readonly<Record<string, readonly number[]>>;
}

/**
 * Runs the command.
 *
 * @param args what follows `bench` on the command line
 * @returns the exit code
 * @throws {UsageError | ModelError | PeerError} if the call is wrong, or somebody cannot run
 */
export async function benchCommand(args: readonly string[]): Promise<number> {
  const { values } = parse(args);
  if (values.help) {
    console.log(BENCH_HELP);
    return 0;
  }
  if (values.stage !== "demix") {
    throw new UsageError(`--stage expects demix, but got ${values.stage ?? "nothing"}`);
  }
  const segments = wholeNumber("segments", values.segments, 7);
  const rounds = wholeNumber("rounds", values.rounds, 1000);
  const threads = values.threads === undefined ? cpus().length : threadCount(values.threads);
  const backends = values.backend?.map((name) => oneOf("backend", name, BACKENDS)) ?? BACKENDS;
  const file = values["export-json"];
  if (file !== undefined) await ensureFile(file, "--export-json");
  const work = { segments, threads, demixer: values.demixer };
  const status = new StatusLine();
  const contestants: Contestant[] = [];
  let seconds: Map<string, number[]>;
  try {
    for (const backend of backends) contestants.push(await tactusDemix(backend, work));
    if (values.peers) {
      contestants.push(await demucsDemix(values["peer-python"] ?? PEER_PYTHON, work));
    }
    const onRun = (name: string, round: number): void =>
      status.show(round < 0 ? `warm-up: ${name}` : `round ${round + 1} of ${rounds}: ${name}`);
    seconds = await contest(contestants, { warmUps: WARM_UPS, rounds, onRun });
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.close()));
    status.clear();
  }
  const report: BenchReport = {
    format: 1,
    stage: "demix",
    audioSeconds: clipSamples(segments) / SAMPLE_RATE_HZ,
    segments,
    threads,
    machine: { cpu: cpus()[0]?.model ?? "", cores: cpus().length, os: process.platform },
    seconds: Object.fromEntries(seconds),
  };
  console.log(benchTable(report));
  if (file !== undefined) await writeWhole(file, JSON.stringify(report, null, 2) + "\n");
  return 0;
}

/** The report as a Markdown table, the ratios against the first contestant. */
export function benchTable(report: BenchReport): string {
  const { audioSeconds, segments, threads, machine } = report;
  const rows = Object.entries(report.seconds);
  const first = median(rows[0]?.[1] ?? []);
  const row = ([name, times]: [string, readonly number[]]): string => {
    const middle = median(times);
    const range = [Math.min(...times), Math.max(...times)].map((t) => (t / segments).toFixed(2));
    const cells = [
      name,
      (middle / segments).toFixed(2),
      range.join(" - "),
      (audioSeconds / middle).toFixed(1),
      (middle / first).toFixed(2),
      times.map((time) => time.toFixed(2)).join(" "),
    ];
    return `| ${cells.join(" | ")} |`;
  };
  return [
    `${audioSeconds.toFixed(1)} s of audio, ${segments} segments, ${threads} threads; ` +
    `${machine.cores} × ${machine.cpu}, ${machine.os}`,
    "",
    "| who | median, s a segment | range | times real time | ratio | every round, s |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows.map(row),
  ].join("\n");
}

// The type of the values follows from the table of options.
// deno-lint-ignore explicit-function-return-type
function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS });
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message}; see deno task bench --help`, { cause });
  }
}

function wholeNumber(option: string, text: string, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new UsageError(`--${option} expects a whole number from 1 to ${most}, but got ${text}`);
}
