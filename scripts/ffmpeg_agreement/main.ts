/**
 * Compares the built-in decoder with ffmpeg over folders of audio files. The exit code is 1 if the audio of any file differs
 * from ffmpeg's and there is no warning, or a file ends a decoder or exceeds its time.
 *
 *     deno task kernels
 *     deno run -A scripts/ffmpeg_agreement/main.ts [--jobs N] [--seconds N] [--results FILE] FOLDER...
 *
 * Each result is appended to the file of results at once, as JSON on one line.
 *
 * @module
 */

import { join } from "node:path";
import { OUTPUT_FILE, seconds, wholeNumber } from "../../cli/argument_types.ts";
import { command, option } from "../../cli/command.ts";
import { StatusLine } from "../../cli/status_line.ts";
import { textTable } from "../../core/table.ts";
import { UsageError } from "../../core/usage_error.ts";
import { runScript } from "../run_script.ts";
import { compareFile, type FileResult } from "./compare_file.ts";
import { failureLines, verdictTable } from "./tables.ts";
import { TextLineStream } from "./text_lines.ts";
import type { Verdict } from "./verdict.ts";
import { runPool } from "./worker_pool.ts";

const WORKER = "--worker";

/** Endings of audio, and of files that hold audio at times. */
const ENDINGS = new Set(
  ("wav wave rf64 bw64 w64 aif aiff aifc caf au snd flac fla mp1 mp2 mp3 mpga mpc ogg oga ogv opus spx mka mkv webm m4a m4b " +
    "m4p m4r m4v mp4 mov 3gp 3g2 aac adts sbc aptx loas ac3 eac3 wma wmv asf wv tta ape tak ofr dsf dff amr avi flv m2ts latm dts thd voc sox ircam sph g722 gsm oma shn")
    .split(" "),
);

/** Returns all audio files below a folder. */
async function audioFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await audioFiles(path));
    else if (isFile && ENDINGS.has(name.split(".").at(-1)!.toLowerCase())) found.push(path);
  }
  return found.toSorted();
}

async function serve(): Promise<void> {
  for await (const path of Deno.stdin.readable.pipeThrough(new TextLineStream())) {
    console.log(JSON.stringify(await compareFile(path)));
  }
}

/** Returns the result of a file without an answer. */
function unanswered(path: string, verdict: Verdict): FileResult {
  const container = `.${path.split(".").at(-1)}`;
  return { path, container, codec: "unknown", verdict, ours: verdict, warnings: [], theirs: "" };
}

/** The script. */
const ffmpegAgreement = command({
  name: "deno run -A scripts/ffmpeg_agreement/main.ts",
  description: "Compares the built-in decoder with ffmpeg over folders of audio files.",
  arguments: { "<folders...>": "folders of audio files" },
  options: {
    jobs: option(wholeNumber(1, 256), "number of processes").default(2),
    seconds: option(seconds(), "time that a file may take").default(60),
    results: option(OUTPUT_FILE, "file that each result is appended to, as JSON on one line"),
  },
  exitCodes: [
    "the audio of all files agrees, or has a warning",
    "the audio of a file differs without a warning, or a file ends a decoder or exceeds its time",
  ],
  run: compareFolders,
});

async function compareFolders(
  values: { readonly jobs: number; readonly seconds: number; readonly results?: string },
  folders: readonly string[],
): Promise<number> {
  const paths = (await Promise.all(folders.map(audioFiles))).flat();
  if (paths.length === 0) {
    throw new UsageError("Expected folders with audio files, but found none");
  }
  const results: FileResult[] = [];
  const start = (): Deno.ChildProcess =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", import.meta.filename!, WORKER],
      ...{ stdin: "piped", stdout: "piped", stderr: "inherit" },
    }).spawn();
  const plan = { workers: values.jobs, seconds: values.seconds, start };
  const status = new StatusLine();
  if (values.results !== undefined) await Deno.writeTextFile(values.results, "");
  await runPool(paths, plan, async (path, answer) => {
    const result: FileResult = "line" in answer
      ? JSON.parse(answer.line)
      : unanswered(path, answer.missing);
    results.push(result);
    status.show(`${results.length} of ${paths.length} files`);
    if (values.results === undefined) return;
    await Deno.writeTextFile(values.results, `${JSON.stringify(result)}\n`, { append: true });
  });
  status.clear();
  results.sort((a, b) => a.path < b.path ? -1 : 1);
  const failures = failureLines(results);
  failures.forEach((line) => console.log(line));
  console.log(textTable(verdictTable(results), (column) => column >= 2).join("\n"));
  return failures.length > 0 ? 1 : 0;
}

if (Deno.args[0] === WORKER) await serve();
else await runScript(ffmpegAgreement);
