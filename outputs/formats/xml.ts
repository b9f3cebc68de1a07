/**
 * Text in XML.
 *
 * @module
 */

// Characters that XML 1.0 does not allow, not even as references.
// deno-lint-ignore no-control-regex
const NOT_ALLOWED = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/**
 * Escapes text for an attribute. Tabs and line ends become references, because a reader would take them for spaces; a
 * character that XML does not allow becomes U+FFFD.
 *
 * @param text any text
 */
export function xmlAttribute(text: string): string {
  return text.toWellFormed().replace(NOT_ALLOWED, "\ufffd").replace(
    /[&<>"'\t\n\r]/g,
    (character) => REFERENCES[character] ?? `&#${character.charCodeAt(0)};`,
  );
}
