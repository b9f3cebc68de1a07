import { deepStrictEqual as equal } from "node:assert/strict";
import { firstSeconds } from "./annotation.ts";

Deno.test("firstSeconds() cuts beats and segments, and keeps unknown parts null", () => {
  const annotation = {
    beats: [0, 1, 2, 3],
    downbeats: [0, 2],
    segments: [
      { start: 0, end: 1.5, label: "a" },
      { start: 1.5, end: 3, label: "b" },
      { start: 3, end: 4, label: "c" },
    ],
    bpm: 60,
  };
  equal(firstSeconds(annotation), annotation);
  equal(firstSeconds(annotation, 2), {
    beats: [0, 1],
    downbeats: [0],
    segments: [{ start: 0, end: 1.5, label: "a" }, { start: 1.5, end: 2, label: "b" }],
    bpm: 60,
  });
  const bare = { beats: [0], downbeats: null, segments: null, bpm: null };
  equal(firstSeconds(bare, 2), bare);
});
