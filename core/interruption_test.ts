import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { cleanUpInterrupted, interruptible, stopGently, untilStopped } from "./interruption.ts";

Deno.test("cleanUpInterrupted() calls the clean-ups of running work, the last one first", async () => {
  const calls: string[] = [];
  const cleanUp = (name: string) => (): void => {
    calls.push(name);
    if (name === "inner") throw new Error("it is gone");
  };
  await interruptible(cleanUp("before"), () => Promise.resolve());
  await rejects(interruptible(cleanUp("failed"), () => Promise.reject(new Error("no"))));
  const result = await interruptible(
    cleanUp("outer"),
    () =>
      interruptible(cleanUp("inner"), () => {
        cleanUpInterrupted();
        return Promise.resolve(5);
      }),
  );
  equal([result, calls], [5, ["inner", "outer"]]);
});

Deno.test("stopGently() asks running work to end once, and then tells that nothing is left to ask", async () => {
  equal(stopGently(), false);
  let asked = 0;
  await untilStopped(() => asked++, () => {
    equal(stopGently(), true);
    equal(stopGently(), false);
    return Promise.resolve();
  });
  equal([asked, stopGently()], [1, false]);
});
