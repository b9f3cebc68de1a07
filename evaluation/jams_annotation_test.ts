import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { AnnotationError } from "./annotation.ts";
import { jamsAnnotation } from "./jams_annotation.ts";

interface Annotation {
  readonly namespace: string;
  readonly data: unknown;
}

function observation(time: number, duration: unknown, value: unknown, confidence = null): unknown {
  return { time, duration, value, confidence };
}

const BEAT: Annotation = {
  namespace: "beat",
  data: [1, 2, 3, 4, 1].map((position, at) => observation(at / 2, 0, position)),
};
const SEGMENTS: Annotation = {
  namespace: "segment_open",
  data: [observation(0, 10.1, "verse"), observation(10.1, 9.9, "chorus")],
};
const TEMPO: Annotation = {
  namespace: "tempo",
  data: [
    { time: 0, duration: 20, value: 60, confidence: 0.2 },
    { time: 0, duration: 20, value: 120, confidence: 0.8 },
  ],
};

function jams(...annotations: unknown[]): unknown {
  return { annotations, file_metadata: { duration: 20 }, sandbox: {} };
}

Deno.test("jamsAnnotation() reads beats, segments and the likelier tempo, and ignores other namespaces", () => {
  const chords = { namespace: "chord", data: [observation(0, 20, "C:maj")] };
  equal(jamsAnnotation(jams(chords, TEMPO, SEGMENTS, BEAT)), {
    beats: [0, 0.5, 1, 1.5, 2],
    downbeats: [0, 2],
    segments: [{ start: 0, end: 10.1, label: "verse" }, { start: 10.1, end: 20, label: "chorus" }],
    bpm: 120,
  });
});

Deno.test("jamsAnnotation() reads beats without positions, with positions in the bar, and by columns", () => {
  const plain = { namespace: "beat", data: [observation(0, 0, null), observation(1, 0, null)] };
  equal(jamsAnnotation(jams(plain)), { beats: [0, 1], downbeats: null, segments: null, bpm: null });
  const bars = {
    namespace: "beat_position",
    data: [3, 1].map((position, at) => observation(at, 0, { position, measure: 1, num_beats: 3 })),
  };
  equal(jamsAnnotation(jams(bars)).downbeats, [1]);
  const columns = { namespace: "beat", data: { time: [0, 1], duration: [0, 0], value: [2, 1] } };
  equal(jamsAnnotation(jams(columns)).downbeats, [1]);
  const harmonix = { ...SEGMENTS, namespace: "segment_harmonix" };
  equal(jamsAnnotation(jams(BEAT, harmonix)).segments?.length, 2);
});

Deno.test("jamsAnnotation() says what is wrong", () => {
  const wrong: [unknown, RegExp][] = [
    [null, /expected an object with annotations/],
    [{}, /annotations should be an array, but is missing/],
    [jams(7), /annotations\[0\] should be an object with a namespace/],
    [jams(), /no annotation of beats \(found no annotation at all\)/],
    [jams(SEGMENTS, TEMPO), /no annotation of beats \(found segment_open, tempo\)/],
    [jams(BEAT, BEAT), /2 annotations of beats \(beat, beat\): keep the one/],
    [jams(BEAT, { ...BEAT, namespace: "beat_position" }), /2 annotations of beats/],
    [jams(BEAT, SEGMENTS, { ...SEGMENTS, namespace: "segment_tut" }), /2 annotations of segments/],
    [jams(BEAT, TEMPO, TEMPO), /2 annotations of the tempo/],
    [jams({ namespace: "beat" }), /data of beat should be an array, but is missing/],
    [jams({ namespace: "beat", data: [3] }), /data of beat\[0\] should have a time/],
    [jams({ namespace: "beat", data: [{}] }), /beats\[0\] should be a time/],
    [jams({ namespace: "beat", data: { time: [0] } }), /data of beat: duration should be an array/],
    [
      jams({ namespace: "beat", data: { time: [0, 1], duration: [0, 0], value: [1] } }),
      /different lengths/,
    ],
    [
      jams({ namespace: "beat", data: [observation(1, 0, 1), observation(0, 0, 2)] }),
      /beats are not in order/,
    ],
    [
      jams(BEAT, { ...SEGMENTS, data: [observation(0, -1, "a")] }),
      /segments\[0\] lasts from 0 s to -1 s/,
    ],
    [jams(BEAT, { ...SEGMENTS, data: [observation(0, null, "a")] }), /segments\[0\]\.duration/],
    [jams(BEAT, { ...SEGMENTS, data: [observation(0, 1, {})] }), /segments\[0\]\.value/],
    [jams(BEAT, { ...TEMPO, data: [observation(0, 1, -3)] }), /tempo\[0\] should be a tempo/],
  ];
  for (const [value, message] of wrong) {
    throws(() => jamsAnnotation(value), { name: AnnotationError.name, message });
  }
});
