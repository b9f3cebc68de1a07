/**
 * Text that a terminal only shows.
 *
 * @module
 */

// Control characters, line and paragraph separators, and marks that reorder the text around them.
const CONTROL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
const CONTROL_BUT_LINES = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/**
 * Escapes control characters, line ends included, as `\n`, `\x1b` or `\u202e`: a file's name must not move the cursor,
 * change colours, or look like another line.
 *
 * @param text a name, or a message of another program
 */
export function printable(text: string): string {
  return text.replace(CONTROL, escaped);
}

/** Escapes like {@linkcode printable}, and keeps line ends and tabs: for text of several lines. */
export function printableLines(text: string): string {
  return text.replace(CONTROL_BUT_LINES, escaped);
}

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.charCodeAt(0);
  // The longer form is valid in JSON too, which escapes only the characters of ASCII by itself.
  return code < 0x20
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}
