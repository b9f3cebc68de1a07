import { deepStrictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PROGRAM_FOLDER } from "../core/program.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import versions from "./libraries.json" with { type: "json" };

/** Returns the type of a library. Of the constructors of BullMQ, which have several forms, the one that is used. */
function typesOf(name: string, library: string): string {
  if (name !== "bullmq") return `typeof ${library}`;
  return `Pick<typeof ${library}, "UnrecoverableError" | "WaitingError"> & {
    readonly Queue: new (name: string, options: ${library}.QueueOptions) => ${library}.Queue;
    readonly Worker: new (
      name: string,
      processor: ${library}.Processor,
      options: ${library}.WorkerOptions,
    ) => ${library}.Worker;
  }`;
}

// Not a file of the repository: the check of the whole would download the libraries.
Deno.test("the libraries have the types that are used, in the versions of libraries.json", () =>
  inTemporaryFolder(async (folder) => {
    const own = pathToFileURL(join(PROGRAM_FOLDER, "catalogue", "libraries.ts"));
    const all = Object.entries(versions);
    const file = join(folder, "types.ts");
    await Deno.writeTextFile(
      file,
      `import type { Libraries } from "${own}";
${
        all.map(([name, version], at) => `import type * as l${at} from "npm:${name}@${version}";`)
          .join("\n")
      }
export const libraries = (given: {
${all.map(([name], at) => `  readonly "${name}": ${typesOf(name, `l${at}`)};`).join("\n")}
}): Libraries => given;
`,
    );
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["check", "--quiet", "--config", join(PROGRAM_FOLDER, "deno.json")],
        ...["--lock", join(PROGRAM_FOLDER, "catalogue", "deno.lock"), file],
      ],
      env: { NO_COLOR: "1" },
    }).output();
    equal(code, 0, new TextDecoder().decode(stderr));
  }));
