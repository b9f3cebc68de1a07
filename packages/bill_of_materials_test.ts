import { deepStrictEqual as equal, match } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { billOfMaterials } from "./bill_of_materials.ts";

const integrity = (byte: number): string =>
  `sha512-${Buffer.from(new Uint8Array(64).fill(byte)).toString("base64")}`;

const LOCK = {
  npm: {
    "@a/b@1.0.0_peer@2.0.0": { integrity: integrity(1), dependencies: ["c", "d@4.0.0"] },
    "c@3.0.0": { integrity: integrity(2) },
    "d@4.0.0": { integrity: integrity(3), dependencies: ["c"] },
    "d@5.0.0": { integrity: integrity(4) },
    "unused@1.0.0": { integrity: integrity(5) },
  },
} as const;

const CRATES = [{
  ...{ name: "rayon", version: "1.2.3", license: "MIT/Apache-2.0", repository: "" },
  manifest: "",
}];

Deno.test("billOfMaterials() lists what is used, also indirectly, in the locked versions", () => {
  const bill = billOfMaterials(
    "9.9.9",
    { "@a/b": "1.0.0", "@deno/darwin-x64": "2.0.0" },
    LOCK,
    CRATES,
  );
  equal(bill.components.map((component) => component["bom-ref"]), [
    "pkg:npm/%40a/b@1.0.0",
    "pkg:npm/%40deno/darwin-x64@2.0.0",
    "pkg:npm/c@3.0.0",
    "pkg:npm/d@4.0.0",
    "pkg:cargo/rayon@1.2.3",
    "Inter",
  ]);
  equal(bill.components[2]?.hashes, [{ alg: "SHA-512", content: "02".repeat(64) }]);
  equal(bill.components[4]?.licenses, [{ expression: "MIT OR Apache-2.0" }]);
  const depends = new Map(bill.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  equal(depends.get("pkg:npm/%40a/b@1.0.0"), ["pkg:npm/c@3.0.0", "pkg:npm/d@4.0.0"]);
  equal(bill.dependencies[0]?.dependsOn, [
    ...[
      "pkg:npm/%40a/b@1.0.0",
      "pkg:npm/%40deno/darwin-x64@2.0.0",
      "pkg:cargo/rayon@1.2.3",
      "Inter",
    ],
  ]);
  match(
    bill.serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

Deno.test("the serial number of a bill of materials follows from its content", () => {
  const numberOf = (version: string): string =>
    billOfMaterials(version, { c: "3.0.0" }, LOCK, CRATES).serialNumber;
  equal(numberOf("1.0.0"), numberOf("1.0.0"));
  equal(numberOf("1.0.0") === numberOf("1.0.1"), false);
});
