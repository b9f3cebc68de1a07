import { deepStrictEqual as equal, ok } from "node:assert/strict";
import configuration from "../../deno.json" with { type: "json" };
import { tactus } from "../../cli/commands.ts";
import { permissionOptions, PERMISSIONS_OF_COMMANDS, permissionsOf } from "./permissions.ts";

const TASKS: Readonly<Record<string, string | { readonly command: string }>> = configuration.tasks;

Deno.test("each command has the permissions of its task", () => {
  for (const name of Object.keys(tactus.commands)) {
    ok(Object.hasOwn(PERMISSIONS_OF_COMMANDS, name), name);
    const task = TASKS[name];
    ok(typeof task === "object", name);
    // The task of `models` has the network for all its commands, the package for `pull` only.
    const args = name === "models" ? ["models", "pull"] : [name];
    equal(task.command.match(/--allow-\S+/g), permissionOptions(permissionsOf(args)), name);
  }
});

Deno.test("only catalogue, models pull and serve have the network, and models cannot load libraries", () => {
  const withNetwork = Object.entries(PERMISSIONS_OF_COMMANDS).filter(([, { net }]) => net);
  equal(withNetwork.map(([name]) => name).sort(), ["catalogue", "models pull", "serve"]);
  for (const sub of ["list", "pull", "verify", "remove"]) {
    const { ffi, run } = permissionsOf(["models", sub]);
    equal([ffi, run], [undefined, undefined]);
  }
});

Deno.test("a call without a command may only read", () => {
  const names = ["--help", "no-such-command", "toString", "models pull", "version"];
  for (const args of [[], ...names.map((name) => [name])]) {
    equal(permissionOptions(permissionsOf(args)), ["--allow-read", "--allow-env"]);
  }
});

Deno.test("libraries are named in the permission to load them, by a folder above where a name has a comma", () => {
  equal(permissionOptions({ ffi: true }, ["/a/b/c.so", "/d, e/f,g/h", "/i/j,k"]), [
    ...["--allow-read", "--allow-env", "--allow-ffi=/a/b/c.so,/,/i"],
  ]);
});
