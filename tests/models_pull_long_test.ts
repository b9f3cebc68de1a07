/** Tests a download from a server that does not answer, with the delays between the attempts. */

import { deepStrictEqual as equal, match } from "node:assert/strict";
import { withProgram } from "./support/models_program.ts";

Deno.test("models pull reports an unreachable server, and tries no other file", () =>
  withProgram(async (program) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const baseUrl = `http://127.0.0.1:${listener.addr.port}`;
    listener.close();
    const { code, stderr } = await program.run(["pull", "both", "--base-url", baseUrl]);
    equal(code, 1);
    match(stderr, /^a\.npz: Cannot reach 127\.0\.0\.1:\d+ .*\(4 attempts\)$/m);
    match(stderr, /Not tried: 2 more files\n$/);
  }));
