import { deepStrictEqual as equal } from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { installCommand } from "./install_command.ts";
import { PROGRAM_PACKAGE } from "./package_names.ts";

const NAMES = ["one@1.0.0", "two@2.0.0"] as const;

Deno.test("installCommand() installs into the project of the program, with its package manager", async () => {
  await inTemporaryFolder(async (root) => {
    for (const [name, shown] of [["plain", ""], ["with a space", '"']] as const) {
      const folder = join(root, name);
      await mkdir(folder);
      const project = `${shown}${folder}${shown}`;
      const ofNpm = join(folder, "node_modules", "@scope", "tactus");
      const ofPnpm = join(
        folder,
        "node_modules",
        ".pnpm",
        "x@1",
        "node_modules",
        "@scope",
        "tactus",
      );
      await writeFile(join(folder, "package.json"), "{}");
      equal(installCommand(NAMES, ofNpm), `npm install --prefix ${project} one@1.0.0 two@2.0.0`);
      await writeFile(join(folder, "yarn.lock"), "");
      equal(installCommand(NAMES, ofNpm), `yarn --cwd ${project} add one@1.0.0 two@2.0.0`);
      await rm(join(folder, "yarn.lock"));
      await writeFile(join(folder, "pnpm-lock.yaml"), "");
      equal(installCommand(NAMES, ofPnpm), `pnpm add --dir ${project} one@1.0.0 two@2.0.0`);
    }
  });
});

Deno.test("installCommand() installs among the global packages, also for a program in the cache of Deno", async () => {
  await inTemporaryFolder((root) => {
    const global = join(root, "lib", "node_modules", "@scope", "tactus");
    equal(installCommand(NAMES, global), `npm install -g --prefix ${root} one@1.0.0 two@2.0.0`);
    const ofWindows = join(root, "npm", "node_modules", "@scope", "tactus");
    equal(
      installCommand(NAMES, ofWindows),
      `npm install -g --prefix ${join(root, "npm")} one@1.0.0 two@2.0.0`,
    );
    equal(
      installCommand(NAMES, join(root, "npm", "registry", "tactus", "0.1.0")),
      `npm install -g ${PROGRAM_PACKAGE} one@1.0.0 two@2.0.0 (and call tactus)`,
    );
    return Promise.resolve();
  });
});
