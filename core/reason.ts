/**
 * Reasons of errors, for messages to the user.
 *
 * @module
 */

import { CALL } from "./installed_package.ts";

// Deno's text where it refuses access by itself: "all" for what only the operating system uses, else for want of a flag.
const REFUSED =
  /Requires (\w+) access(?: to (".*?"|[^,\n]*))?, (?:run again with|specify) the [^\n]*?--allow-[\w-]+[^\n]*/g;

/**
 * Returns the message of an error. Where Deno refuses access, its text names flags of the runtime, which are no remedy
 * for the user; it is replaced by the reason.
 *
 * @param cause anything that was thrown
 */
export function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replace(REFUSED, (_, access: string, name?: string) => {
    const what = name === undefined || name === "" ? "" : ` ${name.replaceAll('"', "")}`;
    return access === "all"
      ? `${what.trim()} is in a folder that the operating system keeps for itself, where no files ` +
        "can be made or read"
      : `the program was started without permission for access to${what} (${access}); start it ` +
        `with ${CALL}`;
  });
}
