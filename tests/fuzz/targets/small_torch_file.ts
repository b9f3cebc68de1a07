/**
 * A torch file with nothing but a configuration: most of the opcodes that are damaged are in it.
 *
 * @module
 */

import { zipSync } from "fflate";
import { type Bytes, join, utf8 } from "../bytes.ts";

/** Each value as the opcode that pushes it. */
const SETTINGS: readonly (readonly [name: string, value: Bytes])[] = [
  ["fold", Uint8Array.of(0x4b, 3)],
  ["depth", Uint8Array.of(0x4b, 1)],
  ["hop_size", Uint8Array.of(0x4d, 0xb9, 1)],
  ["sample_rate", Uint8Array.of(0x4a, 0x44, 0xac, 0, 0)],
  ["mlp_ratio", Uint8Array.of(0x47, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0)],
  ["qkv_bias", Uint8Array.of(0x88)],
  ["act_conv", text("elu")],
  ["best_threshold_beat", utf8("N")],
  ["data", join(utf8("}"), text("num_labels"), Uint8Array.of(0x4b, 2), utf8("s"))],
];

function text(value: string): Bytes {
  const bytes = utf8(value);
  return join(Uint8Array.of(0x58, bytes.length, 0, 0, 0), bytes);
}

/** The file: `{"config": {...}, "state_dict": {}}`. */
export function configurationAlone(): Bytes {
  const pickle = join(
    Uint8Array.of(0x80, 2),
    utf8("}("),
    text("config"),
    utf8("}("),
    ...SETTINGS.flatMap(([name, value]) => [text(name), value]),
    utf8("u"),
    text("state_dict"),
    utf8("}u."),
  );
  const packed = zipSync({ "archive/data.pkl": pickle }, { level: 0, mtime: new Date(1980, 0, 1) });
  return new Uint8Array(packed);
}
