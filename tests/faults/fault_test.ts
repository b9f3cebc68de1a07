import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { damaged, languageOf } from "./fault.ts";

const FAULT = { name: "hop of 440", file: "hop.ts", find: "441", put: "440", expected: "network" };

Deno.test("damaged() replaces the text with any line endings", () => {
  equal(damaged("const HOP = 441;", FAULT), "const HOP = 440;");
  equal(damaged("a\r\nb\r\nc", { ...FAULT, find: "a\nb", put: "b\na" }), "b\na\nc");
});

Deno.test("damaged() inserts the replacement literally", () => {
  equal(damaged("441", { ...FAULT, put: "$& $1" }), "$& $1");
});

Deno.test("damaged() rejects a text that is missing, occurs twice, or stays the same", () => {
  throws(() => damaged("442", FAULT), /"hop of 440" does not fit hop.ts: .* is not in it/);
  throws(() => damaged("441, 441", FAULT), /is in it 2 times, expected once/);
  throws(() => damaged("441", { ...FAULT, put: "441" }), /by itself/);
});

Deno.test("languageOf() depends on the extension of the file", () => {
  equal([languageOf(FAULT), languageOf({ file: "a/b.rs" })], ["typescript", "rust"]);
});
