/** Tests worker processes with faked workers. */

import { deepStrictEqual as equal } from "node:assert/strict";
import { type Answer, runPool } from "./worker_pool.ts";

/** A worker that repeats each path, ends at `crash` and never answers `hang…`. */
const WORKER = `
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line === "crash") Deno.exit(1);
      if (line.startsWith("hang")) await new Promise((resolve) => setTimeout(resolve, 1e6));
      console.log("answer to " + line);
    }
  }`;

const start = (): Deno.ChildProcess =>
  new Deno.Command(Deno.execPath(), {
    args: ["eval", WORKER],
    ...{ stdin: "piped", stdout: "piped", stderr: "null" },
  }).spawn();

async function answersTo(paths: string[], workers: number, seconds: number): Promise<unknown[]> {
  const answers = new Map<string, Answer>();
  await runPool(paths, { workers, start, seconds }, (path, answer) => {
    answers.set(path, answer);
    return Promise.resolve();
  });
  return paths.map((path) => answers.get(path));
}

Deno.test("runPool() goes on after a worker that crashed", async () => {
  // No test waits for this deadline: it is far above what a busy machine needs.
  equal(await answersTo(["a", "crash", "b", "c"], 2, 300), [
    { line: "answer to a" },
    { missing: "crashed" },
    { line: "answer to b" },
    { line: "answer to c" },
  ]);
});

Deno.test("runPool() goes on after a worker that had no answer in time", async () => {
  // A worker that does not start in time has no answer either, so that the speed of the machine does not matter.
  equal(await answersTo(["hang", "hang again"], 1, 0.3), [
    { missing: "no answer" },
    { missing: "no answer" },
  ]);
});
