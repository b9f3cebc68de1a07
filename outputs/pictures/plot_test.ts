import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";
import { exampleTrack } from "../../tests/support/analyzed_track.ts";
import { plotFonts, runsOf } from "./fonts.ts";
import { plot } from "./plot.ts";

async function plotted(format: "pdf" | "png", path = "/music/Ærø – Ωmega Ж.wav"): Promise<Buffer> {
  const { analyzed, mixture } = exampleTrack({ path });
  return Buffer.from(await plot(analyzed, mixture, format) as Uint8Array);
}

Deno.test("plot() writes a PDF of one page with its own font and a title", async () => {
  const pdf = (await plotted("pdf")).toString("latin1");
  match(pdf, /^%PDF-1\.7/);
  equal(pdf.match(/\/Type \/Page\b/g)?.length, 1);
  match(pdf, /\/MediaBox \[0 0 1200 \d+\]/);
  match(pdf, /\/FontName \/[A-Z]{6}\+Inter-Regular/);
  match(pdf, /\/FontName \/[A-Z]{6}\+Inter-SemiBold/);
  // Another font, such as Helvetica, would not be embedded.
  ok(!/Helvetica/.test(pdf));
  match(pdf, /%%EOF\s*$/);
});

Deno.test("plot() writes a PNG of two pixels a point in which text is drawn", async () => {
  const png = await plotted("png");
  equal(png.subarray(1, 4).toString(), "PNG");
  equal(png.readUInt32BE(16), 2400);
  const { width, rows } = pixelsOf(png);
  // The title is black on white, left of the facts.
  let dark = 0;
  for (let y = 30; y < 70; y++) {
    for (let x = 40; x < 600; x++) dark += rows[y]![4 * x]! < 80 ? 1 : 0;
  }
  equal(width, 2400);
  ok(dark > 800, `${dark} dark pixels`);
});

Deno.test("a character that no font has becomes a box, and the others keep the program's font", async () => {
  const fonts = await plotFonts(["a\u{e0fff}ж"]);
  const runs = runsOf("a\u{e0fff}ж", [fonts.regular, ...fonts.others]);
  equal(runs.map(({ text, font }) => [text, font.name]), [["a\u25a1ж", "Inter-Regular"]]);
  const [missing, box] = [
    await plotted("png", "/a\u{e0fff}.wav"),
    await plotted("png", "/a\u25a1.wav"),
  ];
  ok(missing.equals(box), "a PNG draws the box too");
  equal((await plotFonts(["Łódź Ελλάδα Жук ½ № …"])).others, []);
});

/** Decodes a PNG of 8 bits and four channels. */
function pixelsOf(png: Buffer): { width: number; rows: Uint8Array[] } {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  equal([png[24], png[25]], [8, 6]);
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const end = at + 8 + png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(png.subarray(at + 8, end));
  }
  const data = inflateSync(Buffer.concat(parts));
  const rows: Uint8Array[] = [];
  let before = new Uint8Array(4 * width);
  for (let y = 0; y < height; y++) {
    const start = y * (4 * width + 1);
    const filter = data[start]!;
    const row = Uint8Array.from(data.subarray(start + 1, start + 1 + 4 * width));
    for (let i = 0; i < row.length; i++) {
      const [left, up, corner] = [row[i - 4] ?? 0, before[i]!, i < 4 ? 0 : before[i - 4]!];
      row[i]! += [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!;
    }
    rows.push(row);
    before = row;
  }
  return { width, rows };
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const distances = [left, up, corner].map((value) => Math.abs(guess - value));
  return [left, up, corner][distances.indexOf(Math.min(...distances))]!;
}
