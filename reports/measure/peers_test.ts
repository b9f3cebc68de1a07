import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { join } from "node:path";
import { within } from "../../tests/support/deadline.ts";
import { inTemporaryFolder } from "../../tests/support/temporary_folder.ts";
import { PeerError, startPeer, todaysPeers } from "./peers.ts";

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

Deno.test("a peer runs without the variables that limit or tune its libraries", async () => {
  Deno.env.set("OPENBLAS_CORETYPE", "Haswell");
  Deno.env.set("MKL_NUM_THREADS", "1");
  try {
    const one = await within(
      "the peer to start",
      peer(`
      const { OPENBLAS_CORETYPE, MKL_NUM_THREADS, PATH } = Deno.env.toObject();
      console.log(JSON.stringify({ name: [OPENBLAS_CORETYPE, MKL_NUM_THREADS, PATH !== undefined].join() }));
      await Deno.stdin.readable.pipeTo(new WritableStream());`),
    );
    equal(one.name, ",,true");
    await within("the peer to end", one.close());
  } finally {
    Deno.env.delete("OPENBLAS_CORETYPE");
    Deno.env.delete("MKL_NUM_THREADS");
  }
});

Deno.test({
  name: "todaysPeers() starts each of today's programs on the same clip",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTemporaryFolder(async (folder) => {
      const python = join(folder, "python");
      const script = [
        "#!/bin/sh",
        `echo "{\\"name\\": \\"$2 $3 $5 $7\\"}"`,
        "cat > /dev/null",
        "",
      ].join("\n");
      await Deno.writeTextFile(python, script, { mode: 0o755 });
      const names: string[] = [];
      for (const start of todaysPeers(python, "four_four", 1000, 2)) {
        const one = await within("the peer to start", start());
        names.push(one.name);
        await within("the peer to end", one.close());
      }
      equal(names, [
        "four_four 1000 demucs 2",
        "four_four 1000 demucs-infer 2",
        "four_four 1000 demucs-onnx 2",
      ]);
    }),
});
