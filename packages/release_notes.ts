/**
 * Prints the notes of a release: its section of `CHANGELOG.md`.
 *
 *     deno run --allow-read packages/release_notes.ts v1.2.3
 *
 * @module
 */

import { join } from "node:path";
import { PROGRAM_FOLDER, VERSION } from "../core/program.ts";
import { UsageError } from "../core/usage_error.ts";

/**
 * Returns the notes of a release.
 *
 * @param changelog text of `CHANGELOG.md`, in the format of Keep a Changelog
 * @param tag tag of the release, `v` and the version
 * @param version version of the program
 * @throws {UsageError} if the tag is not the version of the program, or the changelog has no such section
 */
export function releaseNotes(changelog: string, tag: string, version: string): string {
  if (tag !== `v${version}`) {
    throw new UsageError(`The tag is ${tag}, but deno.json has the version ${version}`);
  }
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.startsWith(`[${version}]`));
  if (section === undefined) {
    throw new UsageError(
      `CHANGELOG.md has no section [${version}]: rename [Unreleased] to [${version}] - DATE`,
    );
  }
  const [, ...lines] = section.split("\n");
  const notes = lines.filter((line) => !/^\[[^\]]+\]: /.test(line)).join("\n").trim();
  if (notes === "") throw new UsageError(`The section [${version}] of CHANGELOG.md is empty`);
  return `${notes}\n`;
}

if (import.meta.main) {
  try {
    const changelog = await Deno.readTextFile(join(PROGRAM_FOLDER, "CHANGELOG.md"));
    console.log(releaseNotes(changelog, Deno.args[0] ?? "", VERSION).trimEnd());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
