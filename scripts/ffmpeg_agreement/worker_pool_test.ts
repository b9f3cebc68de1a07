/** Tests worker processes with faked workers. */

import { deepStrictEqual as equal } from "node:assert/strict";
import { type Answer, runPool } from "./worker_pool.ts";

/** A worker that repeats each path, ends at `crash` and never answers `hang`. */
const WORKER = `
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line === "crash") Deno.exit(1);
      if (line === "hang") await new Promise((resolve) => setTimeout(resolve, 1e6));
      console.log("answer to " + line);
    }
  }`;

Deno.test("runPool() goes on after a worker that crashed or had no answer in time", async () => {
  const answers = new Map<string, Answer>();
  const start = (): Deno.ChildProcess =>
    new Deno.Command(Deno.execPath(), {
      args: ["eval", WORKER],
      ...{ stdin: "piped", stdout: "piped", stderr: "null" },
    }).spawn();
  const paths = ["a", "crash", "b", "hang", "c"];
  await runPool(paths, { workers: 2, start, seconds: 5 }, (path, answer) => {
    answers.set(path, answer);
    return Promise.resolve();
  });
  equal(
    paths.map((path) => answers.get(path)),
    [
      { line: "answer to a" },
      { missing: "crashed" },
      { line: "answer to b" },
      { missing: "no answer" },
      { line: "answer to c" },
    ],
  );
});
