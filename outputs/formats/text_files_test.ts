import { deepStrictEqual as equal } from "node:assert/strict";
import { formatCase } from "../../fixtures/format_cases.ts";
import {
  csv,
  encodeAudacityBeats,
  encodeAudacitySegments,
  encodeBeats,
  encodeBeatsCsv,
  encodeLab,
  encodeSegmentsCsv,
  encodeSegmentsTsv,
  tsv,
} from "./text_files.ts";

const RESULT = formatCase("/a.mp3", [0.1, 0.6000000000000001], [4, 1], [[0, 1.5, "verse"]]);
const EMPTY = formatCase("/a.mp3", [], [], []);

Deno.test("beats and segments are lines with all digits of their times", () => {
  equal(encodeBeats(RESULT), "0.1\t4\n0.6000000000000001\t1\n");
  equal(encodeBeatsCsv(RESULT), "time,position\n0.1,4\n0.6000000000000001,1\n");
  equal(encodeSegmentsTsv(RESULT), "start\tend\tlabel\n0\t1.5\tverse\n");
  equal(encodeLab(RESULT), "0\t1.5\tverse\n");
  equal(encodeAudacityBeats(RESULT), "0.100000\t0.100000\t4\n0.600000\t0.600000\t1\n");
  equal(encodeAudacitySegments(RESULT), "0.000000\t1.500000\tverse\n");
});

Deno.test("an empty result gives headings or nothing", () => {
  equal(encodeBeats(EMPTY), "");
  equal(encodeLab(EMPTY), "");
  equal(encodeAudacityBeats(EMPTY), "");
  equal(encodeSegmentsCsv(EMPTY), "start,end,label\n");
});

Deno.test("csv() quotes commas, quotes and line ends", () => {
  equal(csv([["a,b", 'c"d', "e\nf", "g\r", "é"]]), '"a,b","c""d","e\nf","g\r",é\n');
});

Deno.test("tsv() has no tab or line end in a field", () => {
  equal(tsv([["a\tb", "c\r\nd", 'e"f']]), 'a b\tc  d\te"f\n');
});
