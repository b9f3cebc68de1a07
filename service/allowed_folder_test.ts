import { equal } from "node:assert/strict";
import { mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { fileBelow } from "./allowed_folder.ts";
import { Problem } from "./problem.ts";

Deno.test("fileBelow() finds files below the folder, and nothing else", () =>
  inTemporaryFolder(async (folder) => {
    const root = join(folder, "music");
    await mkdir(join(root, "album"), { recursive: true });
    await mkdir(join(folder, "music2"));
    for (const file of ["secret.wav", "music/a.wav", "music/album/ä %2e.wav", "music2/b.wav"]) {
      await writeFile(join(folder, file), "x");
    }
    await symlink("album", join(root, "inside"));
    await symlink(join(folder, "secret.wav"), join(root, "link.wav"));
    await symlink("..", join(root, "up"));
    await symlink("/dev/zero", join(root, "zero"));
    await symlink("loop", join(root, "loop"));
    const found = async (path: string): Promise<string> => {
      try {
        return (await fileBelow(root, path)).replace(await realpath(folder), "");
      } catch (error) {
        if (error instanceof Problem) return error.kind;
        throw error;
      }
    };
    equal(await found("a.wav"), "/music/a.wav");
    equal(await found("./album//ä %2e.wav"), "/music/album/ä %2e.wav");
    equal(await found("inside/ä %2e.wav"), "/music/album/ä %2e.wav");
    const outside = [
      ...[
        "../secret.wav",
        "album/../../secret.wav",
        "..",
        "album/..",
        "/etc/passwd",
        "..\\secret.wav",
      ],
      ...[
        "link.wav",
        "up/secret.wav",
        "up/music2/b.wav",
        "zero",
        "a.wav\0",
        "\0",
        "C:\\x.wav",
        "c:x.wav",
      ],
      ...[join(root, "a.wav"), "../music2/b.wav"],
    ];
    for (const path of outside) equal(await found(path), "outside-folder", path);
    const missing = [
      ...[
        "",
        "b.wav",
        "album",
        ".",
        "%2e%2e/secret.wav",
        "..%2fsecret.wav",
        "%00",
        "loop",
      ],
      ...["~/a.wav", "$HOME/a.wav", "a.wav; true", "x".repeat(300), "x/".repeat(3000)],
    ];
    for (const path of missing) equal(await found(path), "no-such-file", path);
  }));
