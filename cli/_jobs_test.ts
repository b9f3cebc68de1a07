import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { defaultJobs, sideBySide } from "./_jobs.ts";

Deno.test("sideBySide() runs as many items at a time as there are jobs, in their order", async () => {
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  await sideBySide([0, 1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item);
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, item % 2 === 0 ? 10 : 1));
    running--;
  });
  equal([begun, most], [[0, 1, 2, 3, 4, 5], 2]);
});

Deno.test("sideBySide() begins no item after an error or an abortion, and waits for those that run", async () => {
  const ended: number[] = [];
  const work = async (item: number): Promise<void> => {
    if (item === 1) throw new Error("no");
    await new Promise((resolve) => setTimeout(resolve, 5));
    ended.push(item);
  };
  await rejects(sideBySide([0, 1, 2, 3], 2, work), /^Error: no$/);
  equal(ended, [0]);
  const controller = new AbortController();
  const begun: number[] = [];
  await sideBySide([0, 1, 2], 1, (item) => {
    begun.push(item);
    controller.abort();
    return Promise.resolve();
  }, controller.signal);
  equal(begun, [0]);
});

Deno.test("defaultJobs() keeps within cores and half of the free memory, and is at least 1", () => {
  equal(defaultJobs("filters", 64e9, 8), 2);
  equal(defaultJobs("filters", 64e9, 1), 1);
  equal(defaultJobs("network", 4e9, 8), 1);
  equal(defaultJobs("network", 0, 8), 1);
});
