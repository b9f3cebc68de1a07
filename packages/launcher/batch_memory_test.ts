import { ok } from "node:assert/strict";
import configuration from "../../deno.json" with { type: "json" };
import { HEAP_OPTION } from "./batch_memory.ts";

Deno.test("the task of analyze has the heap of the package's command", () => {
  ok(configuration.tasks.analyze.command.split(" ").includes(HEAP_OPTION));
});
