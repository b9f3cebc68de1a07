import { ok } from "node:assert/strict";
import configuration from "../deno.json" with { type: "json" };
import { GLIBC_SETTINGS, HEAP_OPTION } from "./batch_memory.ts";

Deno.test("the task of analyze has the heap of the package's command", () => {
  const words = configuration.tasks.analyze.command.split(" ");
  const settings = Object.entries(GLIBC_SETTINGS).map((one) => one.join("="));
  for (const word of [HEAP_OPTION, ...settings]) ok(words.includes(word), word);
});
