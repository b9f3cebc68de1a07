/**
 * Feeds damaged files to every reader. It is started as `deno task fuzz`.
 *
 * Each target runs in a process of its own, which sends the number of a case before it runs the case. A case that
 * crashes, hangs or fills the memory costs one process and is known by its number.
 *
 * @module
 */

import { fuzzCommand } from "./fuzz_command.ts";
import { TARGETS } from "./targets.ts";

Deno.exit(await fuzzCommand(Deno.args, { targets: TARGETS, entry: import.meta.url }));
