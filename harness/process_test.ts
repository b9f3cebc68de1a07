import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { cleanUpInterrupted } from "../core/interruption.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { type ProcessCall, type ProcessOutcome, runProcess } from "./process.ts";

/** Runs a script with this Deno. */
async function script(text: string, more: Partial<ProcessCall> = {}): Promise<ProcessOutcome> {
  let outcome: ProcessOutcome | undefined;
  await inTemporaryFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/script.ts`, text);
    outcome = await runProcess({
      command: [Deno.execPath(), "run", "--quiet", "--no-config", "-A", "script.ts"],
      ...{ folder, environment: {}, timeoutSeconds: 60, ...more },
    });
  });
  return outcome!;
}

/** Returns whether a process exists and has not ended. */
async function runs(pid: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] })
    .output();
  return /^[^Z]/.test(new TextDecoder().decode(stdout).trim());
}

Deno.test("runProcess() measures a program, which gets its environment and its folder", async () => {
  const found = await script(
    `import process from "node:process";
    while (process.cpuUsage().user < 200e3);
    if (Deno.env.get("WORD") !== "said" || !Deno.statSync("script.ts").isFile) Deno.exit(3);`,
    { environment: { WORD: "said" } },
  );
  equal([found.failure, found.isMissing], [undefined, false]);
  ok(found.seconds > 0.15, `${found.seconds}`);
  // Without all permissions Deno does not read /proc.
  if (found.cpuSeconds !== null) ok(found.cpuSeconds >= 0.15, `${found.cpuSeconds}`);
  if (found.peakBytes !== null) ok(found.peakBytes > 10e6, `${found.peakBytes}`);
});

Deno.test("runProcess() quotes the last lines of a program that fails, and tells a missing program", async () => {
  const failed = await script(`console.log("a\\nb"); console.error("no luck"); Deno.exit(7);`);
  match(failed.failure ?? "", /^it ended with exit code 7: [^]*no luck/);
  const missing = await script("", { command: ["no-such-program-of-tactus"] });
  equal([missing.failure, missing.isMissing], [
    "there is no program no-such-program-of-tactus",
    true,
  ]);
});

Deno.test({
  name: "a program that exceeds its time or its memory ends, with all that it started",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const child =
      `const child = new Deno.Command(Deno.execPath(), { args: ["eval", "setTimeout(() => {}, 60e3)"] }).spawn();
      console.log(child.pid);`;
    await inTemporaryFolder(async (folder) => {
      const text =
        `${child} Deno.writeTextFileSync("${folder}/pid", String(child.pid)); await child.status;`;
      // On a busy machine the program may not have begun within the first limits.
      for (const timeoutSeconds of [1.5, 6, 24]) {
        const slow = await script(text, { timeoutSeconds });
        equal(slow.failure, `it took more than its limit of ${timeoutSeconds} s`);
        if (await Deno.stat(`${folder}/pid`).then(() => true, () => false)) break;
      }
      const pid = Number(await Deno.readTextFile(`${folder}/pid`));
      await delay(100);
      equal(await runs(pid), false);
    });
    const large = await script(
      `const kept = new Uint8Array(5e8).fill(1);
      await new Promise((resolve) => setTimeout(resolve, 60e3)); console.log(kept.length);`,
      { memoryBytes: 300e6 },
    );
    match(large.failure ?? "", /^it took \d+ MB of memory, more than its limit of 300 MB$/);
  },
});

Deno.test({
  name: "an interruption ends the program",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const text =
        `Deno.writeTextFileSync("${folder}/pid", String(Deno.pid)); await new Promise((r) => setTimeout(r, 60e3));`;
      const running = script(text);
      for (let wait = 0; wait < 200; wait++) {
        if (await Deno.stat(`${folder}/pid`).then(({ size }) => size > 0, () => false)) break;
        await delay(50);
      }
      const pid = Number(await Deno.readTextFile(`${folder}/pid`));
      equal([await runs(pid), pid === process.pid], [true, false]);
      cleanUpInterrupted();
      match((await running).failure ?? "", /^it ended by SIGKILL/);
      equal(await runs(pid), false);
    });
  },
});
