import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { costRows, readMachines } from "./cost.ts";

Deno.test("costRows() has hours, machines and money of each machine and settings", async () => {
  const { currency, machines } = await readMachines(`
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

Deno.test("readMachines() names the field that is wrong", async () => {
  await rejects(
    readMachines("[[machine]]\nname = 'a'\nprice = -1\nseconds = {}"),
    /\/machine\/0\/price/,
  );
  await rejects(readMachines("machine = ["), /is no TOML/);
});
