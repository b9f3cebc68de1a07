import { deepStrictEqual as equal } from "node:assert/strict";
import { placements } from "./device_nodes.ts";

Deno.test("placements() counts operators by provider, and nodes where the log has no names", () => {
  const line = (text: string): string =>
    `2026 [V:onnxruntime:, session_state.cc:1 VerifyEachNodeIsAssignedToAnEp] ${text}`;
  const mixed = placements([
    line(" Node(s) placed on [WebGpuExecutionProvider]. Number of nodes: 3"),
    line("   Mul (Mul_26)"),
    line("   Erf (Erf_27)"),
    line("   Mul (Mul_81)"),
    line(" Node(s) placed on [CPUExecutionProvider]. Number of nodes: 1"),
    line("   Cast (Cast_1)"),
    "2026 [V:onnxruntime:, other.cc:1 Other]   Pad (Pad_4)",
  ].join("\n"));
  equal(
    [...mixed].map(([provider, counts]) => [provider, [...counts]]),
    [
      ["WebGpuExecutionProvider", [["Mul", 2], ["Erf", 1]]],
      ["CPUExecutionProvider", [["Cast", 1]]],
    ],
  );
  const one = placements(
    line(" All nodes placed on [WebGpuExecutionProvider]. Number of nodes: 9"),
  );
  equal([...one.get("WebGpuExecutionProvider")!], [["all operators", 9]]);
});
