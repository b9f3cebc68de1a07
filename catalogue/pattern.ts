/**
 * Patterns of addresses.
 *
 * @module
 */

/**
 * Returns a function that tells whether a text matches one of some patterns: `*` stands for any text, `?` for one
 * character, and a pattern without them is a part of the text.
 *
 * @param patterns patterns, one or more
 */
export function matcher(patterns: readonly string[]): (text: string) => boolean {
  const expressions = patterns.map((pattern) =>
    /[*?]/.test(pattern)
      ? new RegExp(`^${pattern.replaceAll(/[^*?]+|[*?]/g, translated)}$`, "su")
      : new RegExp(translated(pattern), "u")
  );
  return (text) => expressions.some((expression) => expression.test(text));
}

function translated(part: string): string {
  return part === "*" ? ".*" : part === "?" ? "." : part.replaceAll(/[\\^$.|?*+()[\]{}/]/g, "\\$&");
}
