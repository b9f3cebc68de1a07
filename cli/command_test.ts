import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { UsageError } from "../core/usage_error.ts";
import { oneOf, OUTPUT_FILE, seconds, text, tolerance, wholeNumber } from "./argument_types.ts";
import { type Command, command, flag, option, optionName, pick } from "./command.ts";
import { tactus } from "./commands.ts";

/** A command that keeps what it was called with. */
function example(): { command: Command; calls: unknown[] } {
  const calls: unknown[] = [];
  const spec = command({
    name: "example",
    description: "One paragraph\nof two lines.\n\nAnother one.",
    arguments: { "<first>": "the first", "[others...]": "the others" },
    options: {
      backend: option(oneOf("name", ["native", "onnx"]), "the backend").default("native"),
      threads: option(wholeNumber(1, 1024), "threads").repeated().shownDefault("all"),
      maxLength: option(seconds(100), "the length").short("l"),
      atol: option(tolerance(), "the tolerance"),
      exportJson: option(OUTPUT_FILE, "the file"),
      weightsDir: option(text("dir"), "the folder"),
      json: flag("print JSON").short("j"),
    },
    exitCodes: ["fine", "not fine"],
    run(values, args, given): Promise<number> {
      calls.push({ values, args, given: [...given] });
      return Promise.resolve(1);
    },
  });
  return { command: spec, calls };
}

Deno.test("command() gives values by type, defaults, and what was given", async () => {
  const { command, calls } = example();
  const args = ["a", "--threads", "2", "b", "--threads=4", "-l", ".5", "--atol", "1e-7", "-j", "c"];
  equal(await command.run(args), 1);
  deepEqual(calls, [{
    values: { backend: "native", threads: [2, 4], maxLength: 0.5, atol: 1e-7, json: true },
    args: ["a", "b", "c"],
    given: ["threads", "maxLength", "atol", "json"],
  }]);
});

Deno.test("command() leaves out options that are absent, but for flags and defaults", async () => {
  const { command, calls } = example();
  await command.run(["a"]);
  deepEqual(calls, [{ values: { backend: "native", json: false }, args: ["a"], given: [] }]);
});

Deno.test("command() takes an argument that begins with - after an equals sign", async () => {
  const { command, calls } = example();
  await command.run(["a", "--weights-dir=-q"]);
  const values = { backend: "native", json: false, weightsDir: "-q" };
  deepEqual(calls, [{ values, args: ["a"], given: ["weightsDir"] }]);
});

Deno.test("command() refuses wrong arguments, says what was expected, and does not run", async () => {
  const { command, calls } = example();
  const cases: [string[], RegExp][] = [
    [[], /^Missing required argument 'first'; see example --help$/],
    [["a", "--bakend", "onnx"], /^Unknown option '--bakend' \(Did you mean --backend\?\); see ex/],
    [["a", "--backend", "abacus"], /^--backend expects one of native, onnx, but got abacus$/],
    [["a", "--threads", "0"], /^--threads expects a whole number from 1 to 1024, but got 0$/],
    [["a", "--threads", "1.5"], /^--threads expects a whole number from 1 to 1024, but got 1\.5$/],
    [["a", "--threads"], /^Option '--threads <n>' argument missing; see example --help$/],
    [
      ["a", "-l", "0"],
      /^--max-length expects a number of seconds above 0, at most 100, but got 0$/,
    ],
    [["a", "-l", "soon"], /^--max-length expects a number of seconds/],
    [["a", "-l", "101"], /^--max-length expects a number of seconds/],
    [["a", "--atol", "-1"], /^--atol expects a number at least 0, but got -1$/],
    [["a", "--atol", "Infinity"], /^--atol expects a number/],
    [
      ["a", "--weights-dir", "--json"],
      /^--weights-dir expects an argument, but got --json; write /,
    ],
    [
      ["a", "--export-json", "deno.json/x"],
      /^Cannot write .*deno\.json: .* is not a folder; name another with --export-json$/,
    ],
  ];
  for (const [args, message] of cases) {
    await rejects(command.run(args), (error) => {
      ok(error instanceof UsageError);
      match(error.message, message);
      return true;
    });
  }
  equal(calls.length, 0);
});

Deno.test("a group finds its command behind its options, and suggests the nearest one", async () => {
  const called: string[][] = [];
  const HISTORY = option(text("file"), "the history");
  const list = command({
    name: "group list",
    description: "",
    options: { history: HISTORY.required() },
    run(_, args): Promise<number> {
      called.push([...args]);
      return Promise.resolve(0);
    },
  });
  const group = command({
    name: "group",
    description: "",
    options: { history: HISTORY },
    commands: { list: { summary: "list", load: () => list } },
  });
  equal(await group.run(["--history", "x", "list"]), 0);
  equal(await group.run(["--history=list", "list"]), 0);
  equal(called.length, 2);
  await rejects(group.run(["--history", "list"]), /Expected one of list, but got nothing/);
  await rejects(group.run(["--unknown", "list"]), /Unknown option '--unknown'/);
  await rejects(group.run(["list"]), /Required option '--history <file>' not specified/);
  await rejects(
    group.run(["lst"]),
    /Unknown command 'lst' \(Did you mean list\?\); expected one of/,
  );
  await rejects(
    group.run([]),
    /^UsageError: Expected one of list, but got nothing; see group --help/,
  );
});

Deno.test("the help of every command states its options, their ranges and its exit codes", () => {
  const help = example().command.parser.helpInformation();
  match(help, /^Usage: example \[options\] <first> \[others\.\.\.\]/);
  match(help, /\nOne paragraph of two lines\.\n\nAnother one\.\n/);
  match(help, /--backend <name> +the backend \(one of native, onnx; default:\s+native\)/);
  match(help, /--threads <n> +threads \(1 to 1024; may be given several times;\s+default: all\)/);
});

Deno.test("the commands of the program are called as their names say", async () => {
  for (const [word, { load }] of Object.entries(tactus.commands)) {
    equal((await load()).name, `deno task ${word}`);
    for (const [action, below] of Object.entries((await load()).commands)) {
      equal((await below.load()).name, `deno task ${word} ${action}`);
    }
  }
});

Deno.test("optionName() gives the name of a key, pick() the fields that are there", () => {
  equal(optionName("exportJson"), "--export-json");
  const fields: { a: number; b?: number; c?: number | undefined } = { a: 1, c: undefined };
  deepEqual(pick(fields, "a", "b", "c"), { a: 1 });
});

/** Calls of every command, each with one of its options that name a file or a folder, and that option. */
async function pathCalls(
  command: Command,
  value: string,
): Promise<{ run: () => Promise<number>; what: string; isOutput: boolean }[]> {
  const { registeredArguments, options } = command.parser;
  const needed = [
    ...registeredArguments.filter(({ required }) => required).map(() => "a"),
    ...options.filter(({ mandatory }) => mandatory).flatMap(({ long }) => [long!, "1"]),
  ];
  const paths = options.filter(({ flags }) => /<(?:dir|file)>/.test(flags));
  const own = paths.map(({ long, description }) => ({
    run: () => command.run([...needed, `${long}=${value}`]),
    what: `${command.name} ${long}`,
    isOutput: /folder for (?:the (?:results|reports|seams)|activations)|also write|append/
      .test(description),
  }));
  // A group is not called itself.
  const called = command.exitCodes.length === 0 ? [] : own;
  const below = await Promise.all(
    Object.values(command.commands).map(async ({ load }) => await pathCalls(await load(), value)),
  );
  return [...called, ...below.flat()];
}

Deno.test("no option of a command takes a name that is not UTF-8, for which another would be used", async () => {
  const calls = await pathCalls(tactus, "x\ufffd/y");
  ok(calls.length > 50, `${calls.length} options`);
  for (const { run, what } of calls) {
    // One of several tracks must not stop the others: analyze reports it itself.
    if (what.endsWith("analyze --stems-dir")) continue;
    await rejects(run, (error) => {
      ok(error instanceof UsageError, `${what}: ${error}`);
      match(error.message, /the name is not UTF-8/, what);
      return true;
    });
  }
});

Deno.test({
  name:
    "an option that names an output says that the operating system keeps /proc, not how Deno is called",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const calls = (await pathCalls(tactus, "/proc/x/y")).filter(({ isOutput }) => isOutput);
    ok(calls.length > 20, `${calls.length} options`);
    for (const { run, what } of calls) {
      await rejects(run, (error) => {
        ok(error instanceof UsageError, `${what}: ${error}`);
        match(error.message, /^Cannot write \/proc\/x.* operating system keeps for itself/, what);
        ok(!error.message.includes("--allow"), what);
        return true;
      });
    }
  },
});

Deno.test("an option with a bare form takes a word that follows only if it is of its type", async () => {
  const calls: unknown[] = [];
  const spec = command({
    name: "example",
    description: "An example.",
    arguments: { "[files...]": "files" },
    options: { overwrite: option(oneOf("part", ["all", "json"]), "parts").bare("all") },
    run(values, args): Promise<number> {
      calls.push([values.overwrite, args]);
      return Promise.resolve(0);
    },
  });
  await spec.run(["--overwrite", "song.mp3"]);
  await spec.run(["song.mp3", "--overwrite"]);
  await spec.run(["--overwrite", "json", "song.mp3"]);
  await spec.run(["--overwrite=json", "song.mp3"]);
  await spec.run(["--", "--overwrite", "json"]);
  await spec.run(["song.mp3"]);
  deepEqual(calls, [
    ["all", ["song.mp3"]],
    ["all", ["song.mp3"]],
    ["json", ["song.mp3"]],
    ["json", ["song.mp3"]],
    [undefined, ["--overwrite", "json"]],
    [undefined, ["song.mp3"]],
  ]);
  await rejects(spec.run(["--overwrite=song.mp3"]), /--overwrite/);
  match(spec.parser.helpInformation(), /--overwrite \[part\]/);
});
