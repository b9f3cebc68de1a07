import { deepStrictEqual as equal } from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { installCommand } from "./install_command.ts";
import { PROGRAM_PACKAGE } from "./package_names.ts";
import { VERSION } from "./program.ts";

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
      equal(
        installCommand(NAMES, ofPnpm),
        `pnpm add --ignore-scripts --dir ${project} one@1.0.0 two@2.0.0`,
      );
    }
  });
});

Deno.test("installCommand() installs among the global packages of npm and pnpm", async () => {
  await inTemporaryFolder(async (root) => {
    const global = join(root, "lib", "node_modules", "@scope", "tactus");
    equal(
      installCommand(NAMES, global, "linux"),
      `npm install --prefix ${join(root, "lib")} ${PROGRAM_PACKAGE}@${VERSION} one@1.0.0 two@2.0.0`,
      "npm keeps the program in a copy of node_modules",
    );
    await mkdir(join(root, "bin"));
    await writeFile(join(root, "bin", "tactus"), "");
    equal(
      installCommand(NAMES, global, "linux"),
      `npm install -g --prefix ${root} one@1.0.0 two@2.0.0`,
    );
    const npm = join(root, "npm");
    await mkdir(npm);
    const ofWindows = join(npm, "node_modules", "@scope", "tactus");
    const command = "one@1.0.0 two@2.0.0";
    equal(
      installCommand(NAMES, ofWindows, "win32"),
      `npm install --prefix ${npm} ${PROGRAM_PACKAGE}@${VERSION} ${command}`,
    );
    await writeFile(join(npm, "tactus.cmd"), "");
    equal(installCommand(NAMES, ofWindows, "win32"), `npm install -g --prefix ${npm} ${command}`);
    const links = join(root, "store", "v11", "links", "@scope", "tactus", "0.1.0", "0123");
    equal(
      installCommand(NAMES, join(links, "node_modules", "@scope", "tactus")),
      `pnpm add -g --ignore-scripts ${PROGRAM_PACKAGE} ${command}`,
    );
  });
});

Deno.test("installCommand() adds to a project of Deno, and has a place for a program in the cache of Deno", () => {
  const project = join("a b", "node_modules", ".deno", "x@1", "node_modules", "@scope", "tactus");
  equal(installCommand(NAMES, project), 'cd "a b" && deno add npm:one@1.0.0 npm:two@2.0.0');
  equal(
    installCommand(NAMES, join("npm", "registry", "tactus", "0.1.0")),
    `npm install -g ${PROGRAM_PACKAGE} one@1.0.0 two@2.0.0 # then call tactus`,
  );
});
