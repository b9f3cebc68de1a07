/**
 * The table of commands. A command also has a task in `deno.json`, with the permissions that it needs, and a section in
 * `docs/cli.md`, which `scripts/cli_reference.ts` writes.
 *
 * @module
 */

import { type Command, command } from "./command.ts";
import { IS_PACKAGED } from "../core/program.ts";

/** The program: its commands, each loaded when it is called. */
export const tactus: Command = command({
  name: IS_PACKAGED ? "tactus" : "main.ts",
  description: "tactus finds tempo, beats, downbeats and segments of music." +
    (IS_PACKAGED ? "" : " Each command is a task of its own: deno task analyze, and so on."),
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
    report: {
      summary: "show a run of a history, or draw the timeline of a timings file",
      load: async () => (await import("./report.ts")).report,
    },
    history: {
      summary: "list, exchange and prune the runs of a history",
      load: async () => (await import("./history.ts")).history,
    },
  },
});
