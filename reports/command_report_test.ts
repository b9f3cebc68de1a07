import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { differencesSchema } from "../evaluation/differences.ts";
import { evaluationSchema } from "../evaluation/report.ts";
import { CommandError, reportOfCommand } from "./command_report.ts";

Deno.test("reportOfCommand() returns the report, and rejects one that does not follow the schema", async () => {
  await inTemporaryFolder(async (folder) => {
    const result = join(folder, "result.json");
    await Deno.writeTextFile(result, JSON.stringify({ beats: [0.5, 1, 1.5] }));
    const call = ["parity", ["beats", result, result], join(folder, "report.json")] as const;
    equal((await reportOfCommand(...call, differencesSchema)).beats.same, 3);
    await rejects(reportOfCommand(...call, evaluationSchema), (error: Error) => {
      equal(error instanceof CommandError, true, error.message);
      equal(
        /^parity wrote an invalid report: \/program: /.test(error.message),
        true,
        error.message,
      );
      return true;
    });
  });
});
