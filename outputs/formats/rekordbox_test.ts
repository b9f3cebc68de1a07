import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { formatCase } from "../../fixtures/format_cases.ts";
import { encodeRekordbox } from "./rekordbox.ts";

/** Returns the attributes of the elements of one name. */
function elements(xml: string, name: string): Record<string, string>[] {
  return [...xml.matchAll(new RegExp(`<${name} ([^>]*?)/?>`, "g"))].map(([, attributes = ""]) =>
    Object.fromEntries([...attributes.matchAll(/(\w+)="([^"]*)"/g)].map(([, k, v]) => [k, v]))
  );
}

Deno.test("the grid begins at the first downbeat", () => {
  const beats = Array.from({ length: 20 }, (_, beat) => 0.25 + beat / 2);
  const positions = beats.map((_, beat) => (beat + 2) % 4 + 1);
  const xml = encodeRekordbox([formatCase("/a.mp3", beats, positions, [])]);
  equal(elements(xml, "TEMPO"), [
    { Inizio: "1.250", Bpm: "120.00", Metro: "4/4", Battito: "1" },
  ]);
});

Deno.test("a tempo that changes gives a second node at a downbeat", () => {
  const beats = Array.from(
    { length: 40 },
    (_, beat) => beat < 16 ? beat / 2 : 8 + (beat - 16) * 0.4,
  );
  const positions = beats.map((_, beat) => beat % 4 + 1);
  const xml = encodeRekordbox([formatCase("/a.mp3", beats, positions, [])]);
  equal(elements(xml, "TEMPO").map(({ Inizio, Bpm, Battito }) => [Inizio, Bpm, Battito]), [
    ["0.000", "120.00", "1"],
    ["8.000", "150.00", "1"],
  ]);
});

Deno.test("every segment has a memory cue, and the first eight of music have hot cues", () => {
  const labels = ["start", "intro", ..."abcdefgh", "end"];
  const segments = labels.map((label, at) => [at, at + 1, label] as const);
  const xml = encodeRekordbox([formatCase("/a.mp3", [], [], segments)]);
  const marks = elements(xml, "POSITION_MARK");
  equal(marks.filter(({ Num }) => Num === "-1").map(({ Name }) => Name), labels);
  const hot = marks.filter(({ Num }) => Num !== "-1");
  equal(hot.map(({ Name, Num }) => `${Name}${Num}`).join(" "), "intro0 a1 b2 c3 d4 e5 f6 g7");
  equal(hot[2]?.Start, "3.000");
  ok(!xml.includes("<TEMPO") && !xml.includes("AverageBpm"));
});

Deno.test("the length of a track is left out where a part was analysed", () => {
  const whole = formatCase("/a.mp3", [10, 10.5], [1, 2], [[0, 60.2, "verse"]]);
  const part = { start: 10, end: 60.2, ends_with_track: false };
  const cut = { ...whole, provenance: { ...whole.provenance, part } };
  const lengths = elements(encodeRekordbox([whole, cut]), "TRACK").map((one) => one["TotalTime"]);
  equal(lengths.slice(0, 2), ["60", undefined]);
});

Deno.test("locations are URLs, and names are escaped", () => {
  const paths = ["/m/é #1 100%.mp3", "C:\\Music\\a&b.wav", '/m/"<\u0001>.flac'];
  const tracks = elements(
    encodeRekordbox(paths.map((path) => formatCase(path, [], [], []))),
    "TRACK",
  );
  equal(tracks.slice(0, 3).map(({ Location }) => Location), [
    "file://localhost/m/%C3%A9%20%231%20100%25.mp3",
    "file://localhost/C:/Music/a%26b.wav",
    "file://localhost/m/%22%3C%01%3E.flac",
  ]);
  equal(tracks[2]?.Name, "&quot;&lt;\ufffd&gt;");
  equal(tracks.slice(3).map(({ Key }) => Key), ["1", "2", "3"]);
});
