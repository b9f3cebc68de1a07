import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { within } from "../../tests/support/deadline.ts";
import { PeerError, startPeer } from "./peers.ts";

function peer(code: string): ReturnType<typeof startPeer> {
  return startPeer(Deno.execPath(), ["eval", code]);
}

Deno.test("startPeer() runs a program several times", async () => {
  const one = await within(
    "the peer to start",
    peer(`
    console.log(JSON.stringify({ name: "fake" }));
    let runs = 0;
    for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
      for (const line of chunk.trim().split("\\n")) console.log(JSON.stringify({ seconds: ++runs }));
    }`),
  );
  equal(one.name, "fake");
  const run = (): Promise<number> => within("the peer to run", one.run());
  equal([await run(), await run()], [1, 2]);
  await within("the peer to end", one.close());
});

Deno.test("startPeer() reports why a peer ended", async () => {
  await rejects(
    peer(`console.error("No module named demucs"); Deno.exit(3)`),
    (error) =>
      error instanceof PeerError && /ended with 3: [^]*No module named demucs/.test(error.message),
  );
  await rejects(startPeer("/no/such/python", []), /Could not start the peer/);
});

Deno.test("startPeer() rejects a reply without a name, and run() one without seconds", async () => {
  const waits = "await Deno.stdin.readable.pipeTo(new WritableStream());";
  for (
    const [reply, reason] of [
      ["{}", /replied \{\}: \/name: /],
      ["ready", /replied ready: it is not JSON/],
    ] as const
  ) {
    const started = peer(`console.log(${JSON.stringify(reply)}); ${waits}`);
    await within("the reply to be rejected", rejects(started, reason));
  }
  const one = await within(
    "the peer to start",
    peer(`console.log('{"name": "fake"}'); console.log('{"seconds": null}'); ${waits}`),
  );
  await within("the reply to be rejected", rejects(one.run(), /replied .*null.*: \/seconds: /));
  await within("the peer to end", one.close());
});
