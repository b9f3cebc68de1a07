/**
 * Options that name the stems of tracks.
 *
 * @module
 */

import { type ArgumentType, expected, text } from "./argument_types.ts";
import { option } from "./command.ts";
import { STEMS_PADDING } from "./_options.ts";

/** Sources that a file can be given for. */
export const SOURCES = ["bass", "drums", "other", "vocals", "guitar", "piano"] as const;

/** The name of a source. */
export type SourceName = typeof SOURCES[number];

/** A file for a source. */
export interface SourceFile {
  readonly name: SourceName;
  readonly path: string;
}

const SOURCE_FILE: ArgumentType<SourceFile> = {
  name: "stem=file",
  parse(text, option): SourceFile {
    const at = text.indexOf("=");
    const [before, path] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
    const name = SOURCES.find((source) => source === before);
    if (name !== undefined && path !== "") return { name, path };
    throw expected(option, `STEM=FILE, where STEM is one of ${SOURCES.join(", ")}`, text);
  },
};

const PATTERN: ArgumentType<string> = {
  name: "pattern",
  parse(text, option): string {
    if (text.includes("{stem}")) return text;
    throw expected(option, "a name with {stem}, such as {track}_{stem}.wav", text);
  },
};

/** Given stems. */
export const STEMS_OPTIONS = {
  stemsDir: option(
    text("dir"),
    "folder with the stems bass, drums, other and vocals of one track, or with a folder of the name of " +
      "each AUDIO; guitar and piano, where they are there, are added to other",
  ).repeated(),
  stem: option(
    SOURCE_FILE,
    `file of one stem of the only track: ${SOURCES.join(", ")}; the last two are added to other`,
  ).repeated(),
  stemsPattern: option(
    PATTERN,
    "names of the files of stems, such as {track}_{stem}.wav, in --stems-dir, else next to each AUDIO; " +
      "without AUDIO all tracks in --stems-dir that have such files",
  ),
  tracks: option(
    text("file"),
    "JSON with tracks and their stems (cli/tracks.schema.json)",
  ),
  stemsPadding: STEMS_PADDING,
} as const;
