import { equal, rejects } from "node:assert/strict";
import { orAborted } from "./abort.ts";

Deno.test("orAborted() returns the result of the work, and throws its error", async () => {
  const { signal } = new AbortController();
  equal(await orAborted(Promise.resolve(1), signal), 1);
  equal(await orAborted(Promise.resolve(1), undefined), 1);
  await rejects(orAborted(Promise.reject(new Error("no")), signal), /^Error: no$/);
});

Deno.test("orAborted() throws the reason of the signal at once, also where it was aborted before", async () => {
  const controller = new AbortController();
  const never = new Promise<never>(() => {});
  const waiting = orAborted(never, controller.signal);
  controller.abort(new Error("enough"));
  await rejects(waiting, /^Error: enough$/);
  await rejects(orAborted(never, controller.signal), /^Error: enough$/);
  await rejects(orAborted(Promise.reject(new Error("no")), controller.signal), /enough/);
});
