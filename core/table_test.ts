import { deepStrictEqual as equal } from "node:assert/strict";
import { markdownTable, markdownText, textTable } from "./table.ts";

const ROWS = [["seam", "error"], ["beats", "1"], ["", "12.5"]];
const isNumber = (column: number): boolean => column === 1;

Deno.test("textTable() pads every column to its widest cell, numbers to the right", () => {
  equal(textTable(ROWS, isNumber), ["seam   error", "beats      1", "        12.5"]);
  equal(textTable(ROWS), ["seam   error", "beats  1", "       12.5"]);
  equal(textTable([]), []);
});

Deno.test("markdownTable() aligns numbers to the right and escapes text, but not Markdown", () => {
  equal(markdownTable([...ROWS, ["a|b", { markdown: "**1**" }]], isNumber), [
    "| seam | error |",
    "| --- | ---: |",
    "| beats | 1 |",
    "|  | 12.5 |",
    "| a\\|b | **1** |",
  ]);
});

Deno.test("markdownText() leaves underscores within words", () => {
  equal(
    markdownText("four_four _x_ <b>\n*&* [1] a|b `c` \\"),
    "four_four \\_x\\_ &lt;b> \\*&amp;\\* \\[1\\] a\\|b \\`c\\` \\\\",
  );
});

Deno.test("textTable() escapes control characters of cells, and stays aligned", () => {
  equal(textTable([["a", "b"], ["x\ny\x1b[2J", "c"]]), [
    "a            b",
    "x\\ny\\x1b[2J  c",
  ]);
});
