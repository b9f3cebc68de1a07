import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { id3v2Length, withTempo } from "./id3v2.ts";
import { asciiOf, bytesOfAscii, joined } from "./source.ts";

const seven = (value: number): number[] => [21, 14, 7, 0].map((shift) => (value >> shift) & 127);
const eight = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >> shift) & 255);

function tagOf(version: number, flags: number, body: ArrayLike<number>): Uint8Array {
  return joined(bytesOfAscii("ID3"), [version, 0, flags], seven(body.length), body);
}

function frame(version: number, name: string, content: ArrayLike<number>, flags = 0): Uint8Array {
  const size = version === 4 ? seven(content.length) : eight(content.length);
  return version === 2
    ? joined(bytesOfAscii(name), size.slice(1), content)
    : joined(bytesOfAscii(name), size, [0, flags], content);
}

const latin = (text: string): number[] => [0, ...bytesOfAscii(text)];

Deno.test("a new tag is of version 2.3, with one frame and padding", () => {
  const tag = withTempo(undefined, 174)!;
  equal(
    tag.subarray(0, 24),
    joined(
      bytesOfAscii("ID3"),
      [3, 0, 0],
      seven(tag.length - 10),
      frame(3, "TBPM", latin("174")),
    ),
  );
  ok(tag.subarray(24).every((byte) => byte === 0));
  equal(id3v2Length(tag), tag.length);
});

Deno.test("other frames keep their bytes in each version, and an old tempo goes", () => {
  for (
    const [version, tempo, other] of [[2, "TBP", "TT2"], [3, "TBPM", "PRIV"], [
      4,
      "TBPM",
      "GEOB",
    ]] as const
  ) {
    const before = frame(version, other, Uint8Array.from({ length: 300 }, (_, at) => at % 251));
    const after = frame(version, other, [7, 255, 0, 8]);
    const old = frame(version, tempo, latin("120.00"));
    const tag = tagOf(version, 0, joined(before, old, old, after, new Uint8Array(50)));
    const changed = withTempo(tag, 99)!;
    equal(changed.length, tag.length, "it has room");
    const expected = joined(before, after, frame(version, tempo, latin("99")));
    equal(changed.subarray(10, 10 + expected.length), expected);
    equal(changed.subarray(0, 10), tag.subarray(0, 10));
    equal(withTempo(changed, 99), undefined, "it holds this tempo already");
  }
});

Deno.test("the tempo is recognised in each encoding", () => {
  for (
    const content of [
      latin("99\0"),
      [1, 0xff, 0xfe, 57, 0, 57, 0, 0, 0],
      [2, 0, 57, 0, 57],
      [3, 57, 57],
    ]
  ) {
    equal(withTempo(tagOf(4, 0, frame(4, "TBPM", content)), 99), undefined, `${content}`);
  }
});

Deno.test("a tag that has to grow gets padding", () => {
  const tag = tagOf(3, 0, frame(3, "TIT2", latin("x")));
  const changed = withTempo(tag, 120)!;
  equal(id3v2Length(changed), changed.length);
  ok(changed.length > tag.length + 1000);
});

Deno.test("unsynchronisation, extended headers and footers are removed", () => {
  const title = frame(3, "PRIV", [255, 0, 224, 255, 0, 0]);
  const unsynchronised = Uint8Array.from(
    [...title].flatMap((byte, at) => title[at - 1] === 255 ? [0, byte] : [byte]),
  );
  const changed = withTempo(tagOf(3, 0x80, unsynchronised), 120)!;
  equal([changed[5], changed.subarray(10, 10 + title.length)], [0, title]);

  const plain = frame(3, "TIT2", latin("x"));
  const extended = joined(eight(6), [0, 0, 0, 0, 0, 0], plain);
  const without = withTempo(tagOf(3, 0x40, extended), 120)!;
  equal([without[5], without.subarray(10, 10 + plain.length)], [0, plain]);

  const fourth = frame(4, "TIT2", latin("x"));
  const body = joined(seven(6), [1, 0], fourth);
  const footed = joined(
    tagOf(4, 0x50, body),
    bytesOfAscii("3DI"),
    [4, 0, 0x50],
    seven(body.length),
  );
  equal(id3v2Length(footed), footed.length);
  const plainFourth = withTempo(footed, 120)!;
  equal([plainFourth[5], plainFourth.subarray(10, 10 + fourth.length)], [0, fourth]);
  equal(id3v2Length(plainFourth), plainFourth.length);
});

Deno.test("sizes of eight bits a byte in version 2.4 are read", () => {
  const content = new Uint8Array(200).fill(65);
  const wrong = joined(bytesOfAscii("TIT2"), eight(200), [0, 0], content);
  const tag = tagOf(4, 0, joined(wrong, frame(4, "TALB", latin("y")), new Uint8Array(100)));
  const changed = withTempo(tag, 120)!;
  equal(changed.subarray(10, 10 + wrong.length), wrong);
});

Deno.test("damaged and unknown tags are refused", () => {
  const cut = frame(3, "TIT2", latin("long title"));
  cut[7] = 200;
  throws(() => withTempo(tagOf(3, 0, cut), 120), /damaged: the sizes of its frames do not fit/);
  throws(() => withTempo(tagOf(3, 0, bytesOfAscii("not a frame")), 120), /damaged/);
  throws(() => withTempo(tagOf(3, 0, [0, 0, 0, 7]), 120), /damaged/);
  throws(() => withTempo(tagOf(5, 0, []), 120), /unknown version/);
  throws(() => withTempo(tagOf(2, 0x40, []), 120), /compressed/);
});

Deno.test("id3v2Length() is 0 for other files", () => {
  equal(id3v2Length(new Uint8Array(4)), 0);
  equal(id3v2Length(new TextEncoder().encode("fLaC......")), 0);
  equal(asciiOf(new Uint8Array([73, 68])), "ID");
});
