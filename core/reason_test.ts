import { doesNotMatch, equal, match, rejects } from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { reasonOf } from "./reason.ts";

Deno.test("reasonOf() returns the message of an error, or the text of anything else", () => {
  equal(reasonOf(new Error("the disk is full")), "the disk is full");
  equal(reasonOf("stopped"), "stopped");
});

Deno.test({
  name: "reasonOf() says what is wrong where Deno refuses a folder of the operating system",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    for (const path of ["/proc/x", "/sys/x/y", "/dev/x"]) {
      for (const refused of [() => mkdir(path, { recursive: true }), () => writeFile(path, "")]) {
        await rejects(refused, (error) => {
          equal(
            reasonOf(error),
            `${path} is in a folder that the operating system keeps for itself, where no files can be ` +
              "made or read",
          );
          return true;
        });
      }
    }
  },
});

Deno.test("reasonOf() names no flags of Deno, whatever permission is missing", () => {
  const texts = [
    'Requires write access to "/a b", run again with the --allow-write flag',
    'Requires run access to "ls", run again with the --allow-run flag',
    "Requires ffi access, run again with the --allow-ffi flag",
    'Requires net access to "127.0.0.1:1", specify the required permissions during compilation using ' +
    "`deno compile --allow-net`",
  ];
  for (const text of texts) {
    const reason = reasonOf(new Error(`Cannot use it: ${text}`));
    doesNotMatch(reason, /--allow/);
    match(reason, /^Cannot use it: the program was started without permission .*; start it with/);
  }
});
