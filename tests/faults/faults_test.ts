import { deepStrictEqual as equal, notEqual, ok } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { STAGES } from "../../pipeline/stages.ts";
import { damaged } from "./fault.ts";
import { FAULTS } from "./faults.ts";

const repository = join(import.meta.dirname ?? ".", "..", "..");

for (const fault of FAULTS) {
  Deno.test(`the fault fits its file: ${fault.name}`, async () => {
    const text = await readFile(join(repository, fault.file), "utf8");
    notEqual(damaged(text, fault), text.replaceAll("\r\n", "\n"));
  });
}

Deno.test("docs/proof.md has a result for every fault", async () => {
  const text = await readFile(join(repository, "docs", "proof.md"), "utf8");
  const listed = text.split("\n").filter((line) => line.startsWith("| "))
    .map((line) => line.split("|")[1]!.trim()).slice(2);
  equal(listed.toSorted(), FAULTS.map(({ name }) => name).toSorted());
});

Deno.test("there are at least 28 faults with different names", () => {
  ok(FAULTS.length >= 28, `${FAULTS.length}`);
  equal(new Set(FAULTS.map(({ name }) => name)).size, FAULTS.length);
});

Deno.test("every stage has at least three faults, and no fault has an unknown stage", () => {
  const stages = STAGES.map(({ name }) => name);
  for (const stage of stages) {
    ok(FAULTS.filter(({ expected }) => expected === stage).length >= 3, stage);
  }
  equal(FAULTS.filter(({ expected }) => !stages.includes(expected)), []);
});
