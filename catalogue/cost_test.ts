import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { costRows, type Machines, readMachines } from "./cost.ts";

function machinesOf(text: string): Promise<Machines> {
  return inTemporaryFolder(async (folder) => {
    const path = join(folder, "machines.toml");
    await Deno.writeTextFile(path, text);
    return await readMachines(path);
  });
}

Deno.test("costRows() has hours, machines and money of each machine and settings", async () => {
  const { currency, machines } = await machinesOf(`
    currency = "€"
    [[machine]]
    name = "small"
    price = 0.1
    seconds = { default = 3.6, htdemucs = 36 }
  `);
  equal(currency, "€");
  const row = { machine: "small" };
  equal(costRows(machines, { tracks: 1_000_000, days: 10, idle: 0 }), [
    { ...row, settings: "default", seconds: 3.6, hours: 1000, machines: 5, price: 100 },
    { ...row, settings: "htdemucs", seconds: 36, hours: 10_000, machines: 42, price: 1000 },
  ]);
  const [first] = costRows(machines, { tracks: 1_000_000, days: 10, idle: 0.5 });
  equal(first?.hours, 2000);
});

Deno.test("readMachines() names the file and the field that are wrong", async () => {
  await rejects(
    machinesOf("[[machine]]\nname = 'a'\nprice = -1\nseconds = {}"),
    /machines\.toml: .*\/machine\/0\/price/,
  );
  await rejects(machinesOf("machine = ["), /machines\.toml is no TOML \(line 1, column \d+: .*\):/);
  await rejects(machinesOf("\0PAR1"), {
    name: "UsageError",
    message: /^The file of machines .* is no TOML \(line 1, .*example$/,
  });
  await rejects(readMachines("no.toml"), {
    name: "UsageError",
    message: /^The file of machines no\.toml cannot be read \(.*\): name another with --machines$/,
  });
});
