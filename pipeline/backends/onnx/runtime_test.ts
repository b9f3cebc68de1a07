import { deepStrictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { PROGRAM_PACKAGE } from "../../../core/package_names.ts";
import { ONNX_RUNTIME_VERSION } from "../../../core/program.ts";
import { inTemporaryFolder } from "../../../tests/support/temporary_folder.ts";
import { installCommand } from "./runtime.ts";

Deno.test("installCommand() installs into the project of the package, else among the global packages", async () => {
  await inTemporaryFolder(async (folder) => {
    const program = join(folder, "node_modules", "@scope", "tactus");
    const command = `ONNXRUNTIME_NODE_INSTALL=skip npm install`;
    const name = `onnxruntime-node@${ONNX_RUNTIME_VERSION}`;
    equal(installCommand(program, true), `${command} -g ${name}`);
    await Deno.writeTextFile(join(folder, "package.json"), "{}");
    equal(installCommand(program, true), `${command} --prefix ${folder} ${name}`);
    equal(installCommand(program, false), "deno install");
    const inCache = join(folder, "npm", "registry", "tactus", "0.1.0");
    equal(
      installCommand(inCache, true),
      `${command} -g ${PROGRAM_PACKAGE} ${name} (and call tactus)`,
    );
  });
});
