/**
 * Damaged files for every reader. Run as `deno task fuzz`; it takes `--help`.
 *
 * Each target runs in a process of its own, which tells the number of a case before it runs it: so a
 * case that crashes, hangs or fills the memory costs one process and is known by its number.
 *
 * @module
 */

import { fuzzCommand } from "./fuzz_command.ts";
import { TARGETS } from "./targets.ts";

Deno.exit(await fuzzCommand(Deno.args, { targets: TARGETS, entry: import.meta.url }));
