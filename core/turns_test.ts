import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { Turns } from "./turns.ts";

Deno.test("Turns does one piece of work after the other, also after one that fails", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  const done = [
    turns.run(async () => {
      order.push("first begins");
      await first.promise;
      order.push("first ends");
    }),
    turns.run(() => Promise.reject(new Error("second fails"))),
    turns.run(() => Promise.resolve(order.push("third"))),
  ] as const;
  await new Promise((resolve) => setTimeout(resolve));
  equal(order, ["first begins"]);
  first.resolve();
  await rejects(done[1], /second fails/);
  await Promise.all([done[0], done[2]]);
  equal(order, ["first begins", "first ends", "third"]);
});

Deno.test("an aborted signal ends the waiting for a turn, and the next one still waits for those before", async () => {
  const turns = new Turns();
  const first = Promise.withResolvers<void>();
  const order: string[] = [];
  const running = turns.run(() => first.promise.then(() => order.push("first")));
  const controller = new AbortController();
  const waiting = turns.run(() => Promise.resolve(order.push("never")), controller.signal);
  const next = turns.run(() => Promise.resolve(order.push("next")));
  controller.abort(new Error("stopped"));
  await rejects(waiting, /stopped/);
  equal(order, []);
  first.resolve();
  await Promise.all([running, next]);
  equal(order, ["first", "next"]);
});

Deno.test("Turns of two places does two pieces of work at a time, also after one that was aborted as its turn came", async () => {
  const turns = new Turns(2);
  const works = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const begun: number[] = [];
  const controller = new AbortController();
  const run = (at: number, signal?: AbortSignal): Promise<void> =>
    turns.run(() => (begun.push(at), works[at]!.promise), signal);
  const done = [run(0), run(1), run(2, controller.signal), run(3)] as const;
  await new Promise((resolve) => setTimeout(resolve));
  equal(begun, [0, 1]);
  works[0]!.resolve();
  controller.abort(new Error("stopped"));
  await rejects(done[2], /stopped/);
  await done[0];
  await new Promise((resolve) => setTimeout(resolve));
  equal(begun, [0, 1, 3]);
  for (const { resolve } of works) resolve();
  await Promise.all([done[1], done[3]]);
});
