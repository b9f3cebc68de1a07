import { deepStrictEqual as equal, ok, rejects, throws } from "node:assert/strict";
import { join } from "node:path";
import { hash32 } from "../core/counter_random.ts";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { AnnotationError } from "./annotation.ts";
import { jamsAnnotation, readAnnotation, resultAnnotation } from "./read_annotation.ts";

const TRUTH = join(FIXTURES_FOLDER, "audio", "three_four", "truth.json");
const JAMS = JSON.stringify({
  annotations: [
    { namespace: "beat", data: [{ time: 0.5, duration: 0, value: 1, confidence: null }] },
    { namespace: "segment_open", data: [{ time: 0, duration: 9, value: "a", confidence: 1 }] },
    { namespace: "tempo", data: [{ time: 0, duration: 9, value: 99, confidence: 1 }] },
  ],
});

Deno.test("readAnnotation() reads truth.json of the demo pieces", async () => {
  const { beats, downbeats, segments, bpm } = await readAnnotation(TRUTH);
  equal([beats.length, downbeats?.length, segments?.length, bpm], [43, 14, 3, 138]);
});

Deno.test("readAnnotation() names the file that is missing, not text, not JSON, or of the wrong content", async () => {
  await inTemporaryFolder(async (folder) => {
    const cases: [string, string | Uint8Array, RegExp][] = [
      ["empty.json", "", /Cannot use .*empty\.json: not JSON/],
      ["nan.json", '{"beats": [NaN]}', /nan\.json: not JSON/],
      ["audio.json", Uint8Array.of(0xff, 0xfe, 0), /audio\.json: not JSON/],
      ["list.json", "[]", /Cannot use .*list\.json: the content should be an object with beats/],
      ["infinite.json", '{"beats": [1e999]}', /infinite\.json: beats\[0\] should be a time/],
      ["song.jams", '{"beats": [1]}', /song\.jams: annotations should be an array/],
    ];
    for (const [name, content, message] of cases) {
      const path = join(folder, name);
      await Deno.writeFile(
        path,
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
      await rejects(readAnnotation(path), { name: AnnotationError.name, message });
    }
    await rejects(readAnnotation(join(folder, "missing.json")), /Cannot read .*missing\.json/);
    await rejects(readAnnotation(folder), /Cannot read/);
  });
});

/** Another byte, a few bytes less, or a few bytes twice. */
function mutated(bytes: Uint8Array, seed: number): Uint8Array {
  const draw = (at: number, below: number): number => hash32(16 * seed + at) % below;
  const place = draw(0, bytes.length);
  const changed = bytes.slice();
  if (draw(1, 3) === 0) {
    changed[place] = 32 + draw(2, 96);
    return changed;
  }
  const end = Math.min(bytes.length, place + 1 + draw(2, 9));
  const [from, to] = draw(3, 2) === 0 ? [end, place] : [place, end];
  return Uint8Array.from([...bytes.subarray(0, to), ...bytes.subarray(from)]);
}

Deno.test("readAnnotation() reads mutated files or throws an error that names them", async () => {
  await inTemporaryFolder(async (folder) => {
    const encoder = new TextEncoder();
    let refused = 0;
    for (
      const [ending, whole] of [["json", await Deno.readFile(TRUTH)], [
        "jams",
        encoder.encode(JAMS),
      ]] as const
    ) {
      const path = join(folder, `song.${ending}`);
      for (let seed = 0; seed < 300; seed++) {
        await Deno.writeFile(path, mutated(whole, seed));
        await readAnnotation(path).then(
          ({ beats }) => ok(beats.every((time, at) => !(time < (beats[at - 1] ?? -Infinity)))),
          (error) => {
            ok(error instanceof AnnotationError && error.message.includes(path), String(error));
            refused++;
          },
        );
      }
    }
    ok(refused > 100 && refused < 600, `${refused} were refused`);
  });
});

const WHOLE = {
  beats: [0, 0.5, 0.5, 1],
  downbeats: [0],
  segments: [{ start: 0, end: 1, label: "a" }, { start: 1, end: 1, label: "end" }],
  bpm: 120,
};

Deno.test("resultAnnotation() reads the known keys and drops segments without length", () => {
  equal(resultAnnotation({ ...WHOLE, path: "/song.wav", provenance: {} }), {
    ...WHOLE,
    segments: WHOLE.segments.slice(0, 1),
  });
  const unknown = { downbeats: null, segments: null, bpm: null };
  equal(resultAnnotation({ beats: [1] }), { beats: [1], ...unknown });
  equal(resultAnnotation({ beats: [], ...unknown }), { beats: [], ...unknown });
});

Deno.test("resultAnnotation() names the key, what was expected and what was found", () => {
  const segment = WHOLE.segments[0]!;
  const wrong: [unknown, RegExp][] = [
    [null, /should be an object with beats/],
    [[], /should be an object with beats/],
    [{}, /beats should be an array, but is missing/],
    [{ beats: "0 1 2" }, /beats should be an array, but is "0 1 2"/],
    [{ beats: [0, "1"] }, /beats\[1\] should be a time in seconds, but is "1"/],
    [{ beats: [0, 1], beat_positions: [1] }, /beat_positions should have 2 values, .* has 1/],
    [
      { beats: [0], beat_positions: [0] },
      /beat_positions\[0\] should be a position in a bar, from 1/,
    ],
    [{ beats: [0, null] }, /beats\[1\] should be a time in seconds, but is null/],
    [{ beats: [0, Infinity] }, /beats\[1\] should be a time/],
    [{ beats: [0, NaN] }, /beats\[1\] should be a time/],
    [{ beats: [0, 44_100] }, /beats\[1\] should be a time in seconds, at most 30000, but is 44100/],
    [{ beats: [0, 2, 1] }, /beats should be in ascending order, but 1 s follows 2 s/],
    [{ ...WHOLE, downbeats: [1, 0] }, /downbeats should be in ascending order/],
    [{ ...WHOLE, bpm: 0 }, /bpm should be a tempo in beats per minute, but is 0/],
    [{ ...WHOLE, bpm: "fast" }, /bpm should be a tempo/],
    [{ ...WHOLE, segments: {} }, /segments should be an array, but is {}/],
    [{ ...WHOLE, segments: [7] }, /segments\[0\] should be an object with start, end and label/],
    [{ ...WHOLE, segments: [{ ...segment, label: 3 }] }, /segments\[0\]\.label should be a text/],
    [{ ...WHOLE, segments: [{ ...segment, end: "x".repeat(99) }] }, /is "x{39}…/],
    [
      { ...WHOLE, segments: [{ ...segment, start: 2 }] },
      /segments\[0\] should be .*, but lasts from 2 s to 1 s/,
    ],
    [
      { ...WHOLE, segments: [{ ...segment, start: -1 }] },
      /segments\[0\] should be .*, but lasts from -1 s/,
    ],
    [{ ...WHOLE, segments: [segment, segment] }, /segments should be in order and without overlap/],
  ];
  for (const [value, message] of wrong) {
    throws(() => resultAnnotation(value), { name: AnnotationError.name, message });
  }
});

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

Deno.test("jamsAnnotation() reads beats, segments and the tempo of highest confidence, and ignores other namespaces", () => {
  const chords = { namespace: "chord", data: [observation(0, 20, "C:maj")] };
  equal(jamsAnnotation(jams(chords, TEMPO, SEGMENTS, BEAT)), {
    beats: [0, 0.5, 1, 1.5, 2],
    downbeats: [0, 2],
    positions: [1, 2, 3, 4, 1],
    segments: [{ start: 0, end: 10.1, label: "verse" }, { start: 10.1, end: 20, label: "chorus" }],
    bpm: 120,
  });
});

Deno.test("jamsAnnotation() reads beats without positions, with positions in the bar, and by columns", () => {
  const bare = { namespace: "beat", data: [observation(0, 0, null), observation(1, 0, null)] };
  equal(jamsAnnotation(jams(bare)), { beats: [0, 1], downbeats: null, segments: null, bpm: null });
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

Deno.test("jamsAnnotation() names the key, what was expected and what was found", () => {
  const wrong: [unknown, RegExp][] = [
    [null, /should be an object with annotations/],
    [{}, /annotations should be an array, but is missing/],
    [jams(7), /annotations\[0\] should be an object with a namespace/],
    [jams(), /no annotation of beats \(found no annotation at all\)/],
    [jams(SEGMENTS, TEMPO), /no annotation of beats \(found segment_open, tempo\)/],
    [jams(BEAT, BEAT), /2 annotations of beats \(beat, beat\): keep the one/],
    [jams(BEAT, { ...BEAT, namespace: "beat_position" }), /2 annotations of beats/],
    [jams(BEAT, SEGMENTS, { ...SEGMENTS, namespace: "segment_tut" }), /2 annotations of segments/],
    [jams(BEAT, TEMPO, TEMPO), /2 annotations of the tempo/],
    [jams({ namespace: "beat" }), /data of beat should be an array, but is missing/],
    [jams({ namespace: "beat", data: [3] }), /data of beat\[0\] should be an object with a time/],
    [jams({ namespace: "beat", data: [{}] }), /beats\[0\] should be a time/],
    [jams({ namespace: "beat", data: { time: [0] } }), /data of beat\.duration should be an array/],
    [
      jams({ namespace: "beat", data: { time: [0, 1], duration: [0, 0], value: [1] } }),
      /data of beat should be columns of the same length/,
    ],
    [
      jams({ namespace: "beat", data: [observation(1, 0, 1), observation(0, 0, 2)] }),
      /beats should be in ascending order/,
    ],
    [
      jams(BEAT, { ...SEGMENTS, data: [observation(0, -1, "a")] }),
      /segments\[0\] should be .*, but lasts from 0 s to -1 s/,
    ],
    [jams(BEAT, { ...SEGMENTS, data: [observation(0, null, "a")] }), /segments\[0\]\.duration/],
    [jams(BEAT, { ...SEGMENTS, data: [observation(0, 1, {})] }), /segments\[0\]\.value/],
    [
      jams(BEAT, { ...TEMPO, data: [observation(0, 1, -3)] }),
      /tempo\[0\]\.value should be a tempo/,
    ],
  ];
  for (const [value, message] of wrong) {
    throws(() => jamsAnnotation(value), { name: AnnotationError.name, message });
  }
});
