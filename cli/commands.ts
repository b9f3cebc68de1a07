/**
 * The table of commands. A command also has a task in `deno.json`, with the permissions that it needs, and a section in
 * `docs/cli.md`, which `scripts/cli_reference.ts` writes.
 *
 * @module
 */

import { UsageError } from "../core/usage_error.ts";
import { type Command, command, flag } from "./command.ts";
import { IS_PACKAGED } from "../core/program.ts";

/** The program: its commands, each loaded when it is called. */
export const tactus: Command = command({
  name: IS_PACKAGED ? "tactus" : "main.ts",
  description: "tactus finds tempo, beats, downbeats and segments of music." +
    (IS_PACKAGED ? "" : " Each command is a task of its own: deno task analyze, and so on."),
  options: {
    version: flag("print the versions of the program, its kernels, Deno and ONNX Runtime").short(
      "V",
    ),
  },
  exitCodes: ["the command succeeded", "it found something wrong, or a track failed"],
  async run({ version }): Promise<number> {
    if (!version) throw new UsageError("Expected a command; see --help");
    console.log((await import("./_version_text.ts")).versionText());
    return 0;
  },
  commands: {
    analyze: {
      summary: "analyse tracks, from the mix or from stems",
      load: async () => (await import("./analyze.ts")).analyze,
    },
    parity: {
      summary: "compare every stage with stored references of the original programs",
      load: async () => (await import("./parity.ts")).parity,
    },
    harness: {
      summary: "compare and time the implementations of any pipeline that a file describes",
      load: async () => (await import("./harness.ts")).harness,
    },
    catalogue: {
      summary: "analyse tracks on many machines, through a queue and a store",
      load: async () => (await import("./catalogue.ts")).catalogue,
    },
    models: {
      summary: "list, download, verify and remove weights",
      load: async () => (await import("./models.ts")).models,
    },
    evaluate: {
      summary: "score results against annotations",
      load: async () => (await import("./evaluate.ts")).evaluate,
    },
    bench: {
      summary: "time whole analyses, or stages next to the original programs",
      load: async () => (await import("./bench.ts")).bench,
    },
    nightly: {
      summary: "run parity, bench and evaluate, and compare them with earlier runs",
      load: async () => (await import("./nightly.ts")).nightly,
    },
    serve: {
      summary: "analyse tracks for programs and browsers over HTTP",
      load: async () => (await import("./serve.ts")).serve,
    },
    report: {
      summary: "show a run of a history, or draw the timeline of a timings file",
      load: async () => (await import("./report.ts")).report,
    },
    history: {
      summary: "list, exchange and prune the runs of a history",
      load: async () => (await import("./history.ts")).history,
    },
    doctor: {
      summary: "tell what works on this machine",
      load: async () => (await import("./doctor.ts")).doctor,
    },
    completions: {
      summary: "print completions of the command for a shell",
      load: async () => (await import("./completions.ts")).completionsOf(() => tactus),
    },
  },
});
