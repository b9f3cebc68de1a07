/**
 * Damage inside zip archives: the archive itself stays sound, with right sizes and checksums.
 *
 * @module
 */

import { type Zippable, zipSync } from "fflate";
import { NpyError } from "../../core/npy_error.ts";
import { readZip } from "../../core/zip.ts";
import { overlappingMembers } from "./archive_bombs.ts";
import { type Material, mutateBytes } from "./byte_mutations.ts";
import type { Bytes } from "./bytes.ts";
import type { CounterRandom } from "../../core/counter_random.ts";

/** Damages a member of an archive in its own structure. */
export type MemberMutation = (
  name: string,
  bytes: Bytes,
  random: CounterRandom,
  material: Material,
) => Bytes;

/** Awkward things to call a member. */
const NAMES: readonly string[] = [
  "",
  ".npy",
  "../../outside.npy",
  "/absolute.npy",
  "a\0b.npy",
  "data.pkl",
  "other/data.pkl",
  "archive/data/0",
  "ü.npy",
  "n".repeat(5000) + ".npy",
];

/**
 * Damages members, or their list, and packs them again.
 *
 * @param archive a zip archive; bytes that are none are damaged as bytes
 * @param random which and how
 * @param material what new bytes are taken from
 * @param mutateMember damages one member
 * @returns an archive with right checksums
 */
export function mutateArchive(
  archive: Bytes,
  random: CounterRandom,
  material: Material,
  mutateMember: MemberMutation,
): Bytes {
  if (random.oneIn(100)) return overlappingMembers(2 ** random.below(9));
  const members = unpack(archive);
  const name = members === null || members.size === 0 ? null : random.pick([...members.keys()]);
  if (members === null || name === null) return mutateBytes(archive, random, material);
  const bytes = members.get(name)!;
  switch (random.below(16)) {
    case 0:
      members.delete(name);
      break;
    case 1:
      members.delete(name);
      members.set(random.pick(NAMES), bytes);
      break;
    case 2:
      members.set(random.pick(NAMES), bytes);
      break;
    case 3:
      members.set(name, members.get(random.pick([...members.keys()]))!);
      break;
    case 4:
      members.set(name, new Uint8Array(random.oneIn(8) ? 2 ** random.below(25) : 0));
      break;
    default:
      members.set(name, mutateMember(name, bytes, random, material));
  }
  return pack(members, random.oneIn(2));
}

function unpack(archive: Bytes): Map<string, Bytes> | null {
  try {
    return new Map([...readZip(archive)].map(([name, bytes]) => [name, new Uint8Array(bytes)]));
  } catch (error) {
    if (error instanceof NpyError) return null;
    throw error;
  }
}

function pack(members: ReadonlyMap<string, Bytes>, isDeflated: boolean): Bytes {
  const entries: Zippable = Object.fromEntries(members);
  const packed = zipSync(entries, { level: isDeflated ? 6 : 0, mtime: new Date(1980, 0, 1) });
  return new Uint8Array(packed);
}
