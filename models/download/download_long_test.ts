/** Tests the time limit of downloads in real time. */

import assert from "node:assert/strict";
import { against, CONTENT } from "../../tests/support/download_trial.ts";

Deno.test("download() fails if the server stops sending before or within the content", async () => {
  const silent = (body: Uint8Array | null) => (): Response | Promise<Response> =>
    body === null
      ? new Promise<Response>(() => {})
      : new Response(new ReadableStream({ start: (stream) => stream.enqueue(body) }));
  // The content has to arrive in the time, also on a busy machine.
  for (const [body, timeoutSeconds] of [[null, 1], [CONTENT.subarray(0, 1000), 3]] as const) {
    await against(silent(body), async (trial) => {
      const message = new RegExp(`No data arrived for ${timeoutSeconds} s \\(2 attempts\\)`);
      await trial.fails("stalled", message, { timeoutSeconds, retries: 1 });
      assert.equal(trial.server.requests.length, 2);
      assert.equal((await trial.files()).includes(".weights.bin.part"), body !== null);
    });
  }
});

Deno.test("download() does not time out while data arrives", () =>
  against(() => {
    let sent = 0;
    return new Response(
      new ReadableStream({
        pull: async (stream) => {
          await new Promise((resolve) => setTimeout(resolve, 750));
          stream.enqueue(CONTENT.slice(sent, sent += 50_000));
          if (sent >= CONTENT.length) stream.close();
        },
      }),
    );
  }, async (trial) => {
    // Six parts, 750 ms each: longer than the limit together, and far below it each.
    await trial.pull({ timeoutSeconds: 4, retries: 0 });
    await trial.hasOnlyTheFile();
  }));
