/**
 * Files of given stems: found by their names in a folder, or by a pattern.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { join, parse } from "node:path";
import { printable } from "../core/printable.ts";
import { reasonOf } from "../core/reason.ts";
import { OTHER_SOURCES } from "./other_sources.ts";
import { STEMS, StemsError } from "./stems.ts";

/** Endings of audio files; a file that is not decoded gets an error of its own. */
export const AUDIO_ENDING =
  /\.(wav|wave|w64|rf64|bw64|au|snd|flac|mp3|mp2|mp1|mpga|m4a|m4b|mp4|mov|aac|adts|ogg|oga|opus|spx|aif|aiff|aifc|caf|mka|mkv|webm|wv|ape|tak|mpc|wma|asf|ac3|eac3|dts|dsf|dff|tta|g722|gsm)$/i;

/**
 * Finds the file of each stem in a folder: `bass`, `drums`, `other`, `vocals` with an ending of audio files; and
 * `guitar` and `piano` where they are there. Without a file of such a name, one that has it in parentheses or after a
 * last underscore is taken, such as `song_(Bass)_model.wav` or `song_bass.wav`.
 *
 * @param directory folder of one track
 * @returns paths in the order of {@linkcode STEMS}, and then those that are added to other
 * @throws {StemsError} if the folder cannot be read, a stem is missing, or there are two files for one
 *
 * Source: all-in-one-mlx 1.0.14, `analyze.py`, for the names that other separators use.
 */
export async function findStems(directory: string): Promise<string[]> {
  let names: string[];
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  } catch (cause) {
    throw new StemsError(
      `Could not read the stems folder ${printable(directory)}: expected a folder with ${
        STEMS.join(", ")
      }` +
        ` (${reasonOf(cause)})`,
      { cause },
    );
  }
  const audio = names.filter((name) => AUDIO_ENDING.test(name)).sort();
  const filesOf = (stem: string): string[] => {
    const named = audio.map((file) => ({ file, name: parse(file).name.toLowerCase() }));
    const own = named.filter(({ name }) => name === stem);
    const others = named.filter(({ name }) =>
      name.includes(`(${stem})`) || name.endsWith(`_${stem}`)
    );
    return (own.length > 0 ? own : others).map(({ file }) => file);
  };
  const missing = STEMS.filter((stem) => filesOf(stem).length === 0);
  if (missing.length > 0) {
    throw new StemsError(
      `The stems folder ${printable(directory)} has no file for ${missing.join(", ")}: ` +
        `expected ${
          STEMS.map((stem) => `${stem}.wav`).join(", ")
        } (or flac, mp3, m4a, ogg, aiff), ` +
        `found ${printable(names.sort().join(", ")) || "nothing"}`,
    );
  }
  const others = OTHER_SOURCES.filter((source) => filesOf(source).length > 0);
  return [...STEMS, ...others].map((stem) => {
    const [file = "", second] = filesOf(stem);
    if (second !== undefined) {
      throw new StemsError(
        `The stems folder ${printable(directory)} has two files for ${stem}, ${
          printable(file)
        } and ${printable(second)}: remove one`,
      );
    }
    return join(directory, file);
  });
}
