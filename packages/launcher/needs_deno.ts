/**
 * What Node gets that imports the library.
 *
 * @module
 */

import { PROGRAM_PACKAGE } from "../../core/package_names.ts";

throw new Error(
  `${PROGRAM_PACKAGE} is a library for Deno: Node cannot load its kernels. From Node, start the program and read its ` +
    `JSON: execFile("npx", ["tactus", "analyze", "song.mp3", "--json"]); docs/install.md has an example`,
);
