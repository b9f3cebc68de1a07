/**
 * Fonts of plots: the one that ships with the program, and fonts of the system for the characters that it lacks.
 *
 * @module
 */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";

/** The part of fontkit's fonts that is used here; a collection has fonts. */
interface OpenedFont {
  readonly postscriptName: string | null;
  readonly fonts?: readonly OpenedFont[];
  hasGlyphForCodePoint(codePoint: number): boolean;
}

/** A font, as its file and as the characters that it has. */
export interface PlotFont {
  /** Content of the file. */
  readonly bytes: Uint8Array;
  /** The font as fontkit and pdfkit know it. */
  readonly opened: unknown;
  /** PostScript name. */
  readonly name: string;
  /** Returns whether it has a character. */
  has(character: string): boolean;
}

/** Fonts of a drawing. */
export interface PlotFonts {
  /** The program's own font. */
  readonly regular: PlotFont;
  /** Its semibold style. */
  readonly bold: PlotFont;
  /** Fonts of the system for further characters of the drawing, in the order of preference. */
  readonly others: readonly PlotFont[];
}

/** Character that stands for one that no font has. */
export const MISSING = "\u25a1";

/** Folders in which systems keep fonts. */
const FOLDERS = [
  "/usr/share/fonts",
  "/usr/local/share/fonts",
  "/System/Library/Fonts",
  "/Library/Fonts",
  "C:\\Windows\\Fonts",
  ...[process.env.HOME ?? ""].filter((home) => home !== "").flatMap((home) => [
    join(home, ".local", "share", "fonts"),
    join(home, ".fonts"),
    join(home, "Library", "Fonts"),
  ]),
];

/** Names of files of fonts with many characters, the best first. */
const BROAD = [
  /^NotoSans(CJK|SC|JP|KR|TC)[^B]*\.(ttc|otf|ttf)$/i,
  /^(PingFang|Hiragino Sans GB|AppleSDGothicNeo)\.ttc$/,
  /^(msyh|meiryo|malgun|YuGothM|simsun)\.(ttc|ttf)$/i,
  /^(DroidSansFallback(Full)?|wqy-.*|SourceHanSans.*Regular.*)\.(ttf|ttc|otf)$/i,
  /^Arial ?Unicode\.ttf$|^arialuni\.ttf$/i,
  /^NotoSans(Arabic|Hebrew|Thai|Devanagari|Bengali|Tamil|Armenian|Georgian)-Regular\.ttf$/,
  /^(DejaVuSans|FreeSans|segoeui|seguisym|unifont.*)\.(ttf|otf)$/i,
];

/** Depth of folders that are searched. */
const DEPTH = 4;

/**
 * Loads the program's font, and fonts of the system where a text has characters that it lacks.
 *
 * @param texts all texts of a drawing
 * @throws {Error} if the program's own font cannot be read
 */
export async function plotFonts(texts: readonly string[]): Promise<PlotFonts> {
  const [regular, bold] = await Promise.all(
    ["Regular", "SemiBold"].map((style) => load(ownFont(style))),
  );
  let missing = [...new Set(texts.join(""))].filter((character) => !regular!.has(character));
  const others: PlotFont[] = [];
  for (const path of missing.length === 0 ? [] : await broadFonts()) {
    const font = await load(path).catch(() => undefined);
    if (font === undefined || !missing.some((character) => font.has(character))) continue;
    others.push(font);
    missing = missing.filter((character) => !font.has(character));
    if (missing.length === 0) break;
  }
  return { regular: regular!, bold: bold!, others };
}

/** Returns the path of a style of the program's font. */
function ownFont(style: string): string {
  return join(import.meta.dirname ?? ".", "fonts", `Inter-${style}.ttf`);
}

async function load(path: string): Promise<PlotFont> {
  const fontkit = await import("fontkit") as unknown as {
    create(bytes: Uint8Array): OpenedFont;
  };
  const bytes = new Uint8Array(await readFile(path));
  const created = fontkit.create(bytes);
  // Of a collection the first font is taken.
  const opened = created.fonts?.[0] ?? created;
  return {
    ...{ bytes, opened, name: opened.postscriptName ?? "" },
    has: (character) => opened.hasGlyphForCodePoint(character.codePointAt(0)!),
  };
}

/** Returns the paths of fonts with many characters, the best first. */
async function broadFonts(): Promise<string[]> {
  const files = (await Promise.all(FOLDERS.map((folder) => filesBelow(folder, DEPTH)))).flat();
  const rank = (path: string): number => {
    const name = path.split(/[/\\]/).at(-1)!;
    return BROAD.findIndex((pattern) => pattern.test(name));
  };
  return files.filter((path) => rank(path) >= 0).sort((a, b) =>
    rank(a) - rank(b) || (a < b ? -1 : 1)
  );
}

async function filesBelow(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const nested = await Promise.all(
    entries.map(async (entry): Promise<string[]> => {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) return [path];
      return depth > 0 ? await filesBelow(path, depth - 1) : [];
    }),
  );
  return nested.flat();
}

/** A part of a text that one font draws. */
export interface Run {
  /** Characters. */
  readonly text: string;
  /** Font that has them. */
  readonly font: PlotFont;
}

/**
 * Splits a text into parts that one font draws; a character that no font has becomes {@linkcode MISSING}.
 *
 * @param text the text
 * @param fonts the fonts, the first of which is preferred
 */
export function runsOf(text: string, fonts: readonly PlotFont[]): Run[] {
  const runs: { text: string; font: PlotFont }[] = [];
  for (const character of text) {
    const found = fonts.find((font) => font.has(character));
    const font = found ?? fonts[0]!;
    const drawn = found === undefined ? MISSING : character;
    const last = runs.at(-1);
    if (last?.font === font) last.text += drawn;
    else runs.push({ text: drawn, font });
  }
  return runs;
}
