import { deepStrictEqual as equal, match, throws } from "node:assert/strict";
import { PROGRAM_FOLDER } from "../core/program.ts";
import { releaseNotes } from "./release_notes.ts";

const CHANGELOG = `# Changelog

## [Unreleased]

## [1.2.0] - 2026-01-02

### Added

- This.

## [1.1.0] - 2026-01-01

- That.

[1.2.0]: https://example.org
`;

Deno.test("releaseNotes() returns the section of the version", () => {
  equal(releaseNotes(CHANGELOG, "v1.2.0", "1.2.0"), "### Added\n\n- This.\n");
  equal(releaseNotes(CHANGELOG, "v1.1.0", "1.1.0"), "- That.\n");
});

Deno.test("releaseNotes() refuses another tag, and a version without notes", () => {
  throws(
    () => releaseNotes(CHANGELOG, "v1.2.0", "1.3.0"),
    /The tag is v1\.2\.0, but deno\.json has/,
  );
  throws(() => releaseNotes(CHANGELOG, "v1.3.0", "1.3.0"), /no section \[1\.3\.0\]: rename/);
});

Deno.test("the changelog has a section for what is not released", async () => {
  match(await Deno.readTextFile(`${PROGRAM_FOLDER}/CHANGELOG.md`), /^## \[Unreleased\]$/m);
});
