import { equal } from "node:assert/strict";
import { printable, printableLines } from "./printable.ts";

Deno.test("printable() escapes what a terminal would obey, and nothing else", () => {
  equal(printable("a\x1b[31m\r\nb\t\x00\x7f\x9b2J"), "a\\x1b[31m\\r\\nb\\t\\x00\\u007f\\u009b2J");
  equal(printable("abc\u202ecod.exe\u2028"), "abc\\u202ecod.exe\\u2028");
  const plain = "Größe – 日本語 🎵 é \\n 'x' \ufffd";
  equal(printable(plain), plain);
});

Deno.test("printableLines() keeps line ends and tabs", () => {
  equal(printableLines("a\tb\nc\x1b[2J\rd"), "a\tb\nc\\x1b[2J\\rd");
});
