import { deepStrictEqual as equal, notEqual } from "node:assert/strict";
import { type AnalysisEvent, EventLog } from "./event_log.ts";

const forever = new AbortController().signal;

async function all(events: AsyncIterable<AnalysisEvent>): Promise<unknown[]> {
  return (await Array.fromAsync(events)).map(({ data }) => data);
}

Deno.test("a client that comes late gets the state and the progress, and then what follows", async () => {
  const log = new EventLog();
  for (const data of ["queued", "running"]) log.add("state", data);
  for (const data of [1, 2, 3]) log.add("progress", data);
  const followed = all(log.after(undefined, forever));
  await Promise.resolve();
  log.add("progress", 4);
  log.add("state", "done");
  log.end();
  equal(await followed, ["running", 3, 4, "done"]);
  equal(await all(log.after(undefined, forever)), ["done"]);
});

Deno.test("a client that comes back gets what it missed, and is told when that is all", async () => {
  const log = new EventLog();
  log.add("state", "queued");
  const [{ id }] = await Array.fromAsync(log.after(undefined, AbortSignal.timeout(1))) as [
    AnalysisEvent,
  ];
  for (let step = 0; step < 10; step++) log.add("progress", step);
  log.add("state", "done");
  log.end();
  const missed = await Array.fromAsync(log.after(id, forever));
  equal(missed.map(({ data }) => data), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, "done"]);
  equal(log.isAtEnd(id), false);
  equal(log.isAtEnd(missed.at(-1)?.id), true);
  // Ids of an earlier process, of the future and of nobody.
  for (
    const other of [
      "abcdefgh-3",
      id.replace(/\d+$/, "999"),
      "x",
      "",
      "--",
      `${id}9999999999999999999`,
    ]
  ) {
    equal(await all(log.after(other, forever)), ["done"], other);
  }
});

Deno.test("a client that does not read holds no more than the last events", async () => {
  const log = new EventLog();
  const events = log.after(undefined, forever);
  log.add("state", "running");
  equal((await events.next()).value?.data, "running");
  for (let step = 0; step < 1000; step++) log.add("progress", step);
  log.end();
  const left = await all(events);
  equal(left.length, 64);
  equal(left.at(-1), 999);
  notEqual(left[0], 0);
});
