/** Tests the nightly command, killed many times. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { CounterRandom } from "../core/counter_random.ts";
import { History } from "../reports/history.ts";
import { outcomeOf } from "./support/deadline.ts";
import { command, tactus } from "./support/program.ts";
import { measurementsIn, SHORT } from "./support/short_nightly.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

/** Exit code of a process that SIGKILL ended. */
const KILLED = 137;

Deno.test("nightly loses no measurement when it is killed twenty times", async () => {
  await inTemporaryFolder(async (folder) => {
    const rounds = 30;
    const args = ["nightly", ...SHORT, "-o", folder, "--rounds", `${rounds}`];
    const path = join(folder, "history.sqlite");
    const random = new CounterRandom("twenty moments");
    let kept = 0;
    for (let killed = 0; killed < 20;) {
      const child = command(args).spawn();
      const outcome = outcomeOf(child);
      const timer = setTimeout(() => child.kill("SIGKILL"), 100 + random.below(2000));
      const { code } = await outcome;
      clearTimeout(timer);
      if (code === KILLED) killed++;
      // A run that was finished by then stays: the next call begins another one.
      else ok(code === 0 || code === 1, `${code}`);
      const total = await measurementsIn(path);
      ok(total >= kept, `${total} measurements after ${kept}`);
      kept = total;
    }
    const { code, stderr } = await tactus(args);
    // This run may be a second one, and slower than the first.
    ok(code === 0 || code === 1, stderr);
    const history = await History.open(path);
    const [run, ...more] = history.runs({ last: 1 });
    equal([run?.measurements.length, more.length], [rounds, 0]);
    history.close();
  });
});
