import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { AnnotationError } from "./annotation.ts";
import { resultAnnotation } from "./result_annotation.ts";

const WHOLE = {
  beats: [0, 0.5, 0.5, 1],
  downbeats: [0],
  segments: [{ start: 0, end: 1, label: "a" }, { start: 1, end: 1, label: "end" }],
  bpm: 120,
};

Deno.test("resultAnnotation() reads what there is, and leaves out segments without length", () => {
  equal(resultAnnotation({ ...WHOLE, path: "/song.wav", provenance: {} }), {
    ...WHOLE,
    segments: WHOLE.segments.slice(0, 1),
  });
  const unknown = { downbeats: null, segments: null, bpm: null };
  equal(resultAnnotation({ beats: [1] }), { beats: [1], ...unknown });
  equal(resultAnnotation({ beats: [], ...unknown }), { beats: [], ...unknown });
});

Deno.test("resultAnnotation() says what is wrong", () => {
  const segment = WHOLE.segments[0]!;
  const wrong: [unknown, RegExp][] = [
    [null, /expected an object with beats/],
    [[], /expected an object with beats/],
    [{}, /beats should be an array, but is missing/],
    [{ beats: "0 1 2" }, /beats should be an array, but is "0 1 2"/],
    [{ beats: [0, "1"] }, /beats\[1\] should be a time in seconds, but is "1"/],
    [{ beats: [0, null] }, /beats\[1\] should be a time in seconds, but is null/],
    [{ beats: [0, Infinity] }, /beats\[1\] should be a time/],
    [{ beats: [0, NaN] }, /beats\[1\] should be a time/],
    [{ beats: [0, 44_100] }, /beats\[1\] is 44100: times should be in seconds/],
    [{ beats: [0, 2, 1] }, /beats are not in order: 1 s follows 2 s/],
    [{ ...WHOLE, downbeats: [1, 0] }, /downbeats are not in order/],
    [{ ...WHOLE, bpm: 0 }, /bpm should be a tempo in beats a minute, but is 0/],
    [{ ...WHOLE, bpm: "fast" }, /bpm should be a tempo/],
    [{ ...WHOLE, segments: {} }, /segments should be an array, but is {}/],
    [{ ...WHOLE, segments: [7] }, /segments\[0\] should have start, end and label/],
    [{ ...WHOLE, segments: [{ ...segment, label: 3 }] }, /segments\[0\]\.label should be a text/],
    [{ ...WHOLE, segments: [{ ...segment, end: "x".repeat(99) }] }, /is "x{39}…/],
    [{ ...WHOLE, segments: [{ ...segment, start: 2 }] }, /segments\[0\] lasts from 2 s to 1 s/],
    [{ ...WHOLE, segments: [{ ...segment, start: -1 }] }, /segments\[0\] lasts from -1 s/],
    [{ ...WHOLE, segments: [segment, segment] }, /segments are not in order, or overlap/],
  ];
  for (const [value, message] of wrong) {
    throws(() => resultAnnotation(value), { name: AnnotationError.name, message });
  }
});
