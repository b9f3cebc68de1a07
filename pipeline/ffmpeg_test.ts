import { equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { withFakeFfmpeg as withFake } from "../tests/support/fake_ffmpeg.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { FfmpegError, hasFfmpeg, withFfmpegAudio } from "./ffmpeg.ts";
import { findFfmpeg } from "./_ffmpeg_program.ts";

const ignore = Deno.build.os === "windows";

Deno.test({
  name: "withFfmpegAudio() takes no samples at all for a failure of ffmpeg",
  ignore,
  fn: async () => {
    await withFake("echo nothing here >&2", [], async () => {
      await rejects(
        withFfmpegAudio("/a/song.wv", () => Promise.resolve()),
        /'\/a\/song\.wv' through ffmpeg failed: it gave no samples .*nothing here/,
      );
    });
  },
});

Deno.test({
  name: "withFfmpegAudio() tells errors of ffmpeg without what it tells besides",
  ignore,
  fn: async () => {
    const log = ["[error] no such codec", "[info] configuration: --enable-all"];
    await withFake("exit 3", log, async () => {
      await rejects(withFfmpegAudio("/a/song.wv", () => Promise.resolve()), {
        message:
          "Decoding '/a/song.wv' through ffmpeg failed: exit code 3 ([error] no such codec); " +
          "check that the file plays elsewhere, or convert it to FLAC or WAV",
      });
    });
  },
});

Deno.test({
  name: "withFfmpegAudio() ends an ffmpeg that gives more than 12 hours",
  ignore,
  fn: async () => {
    // 1 byte a second in the header.
    const header =
      "RIFF\\377\\377\\377\\377WAVEfmt \\020\\0\\0\\0\\001\\0\\001\\0\\001\\0\\0\\0\\001\\0\\0\\0";
    await withFake(`printf '${header}'; cat /dev/zero`, [], async () => {
      await rejects(withFfmpegAudio("/a/song.wv", () => Promise.resolve()), /more than 12 hours/);
    });
  },
});

Deno.test({
  name: "withFfmpegAudio() tells version, codec, further tracks and errors",
  ignore,
  fn: async () => {
    const log = [
      "[info]   Stream #0:1(eng): Audio: ac3, 48000 Hz, 5.1(side)",
      "[ac3 @ 0x1] [error] frame sync error",
      "[ac3 @ 0x1] [error] frame sync error",
      "[info] Output #0, wav, to 'pipe:1':",
      "[info]   Stream #0:0: Audio: pcm_f32le",
    ];
    await withFake("printf 'RIFF1234WAVEfmt '", log, async () => {
      ok(await hasFfmpeg("/a/song.wv"));
      const facts = await withFfmpegAudio(
        "/a/song.wv",
        ({ path: _, ...facts }) => Promise.resolve(facts),
      );
      equal(
        JSON.stringify(facts),
        JSON.stringify({
          version: "9.1-fake",
          codec: "wavpack",
          warnings: [
            "the file has 2 audio tracks; only the first is decoded",
            "ffmpeg reports 2 errors, the first: frame sync error",
          ],
        }),
      );
    });
  },
});

const GONE = "repair or replace it, or convert the file to FLAC or WAV";

Deno.test({
  name: "hasFfmpeg() names a program on the PATH that is no ffmpeg, or does not work",
  ignore,
  fn: async () => {
    const faults: [version: string, fault: string][] = [
      [
        "echo 'libx264.so.1: cannot open' >&2; exit 127",
        "ends with exit code 127 (libx264.so.1: cannot open)",
      ],
      ["echo hello", "does not tell a version of ffmpeg"],
      ["exit 0", "does not tell a version of ffmpeg"],
      ["kill -SEGV $$", "ends with SIGSEGV"],
    ];
    for (const [version, fault] of faults) {
      await withFake("exit 0", [], async () => {
        await rejects(hasFfmpeg("/a/song.wv"), (error) => {
          ok(error instanceof FfmpegError);
          equal(
            error.message,
            "Decoding '/a/song.wv' needs ffmpeg, but the ffmpeg on the PATH does not work: " +
              `ffmpeg -version ${fault}; ${GONE}`,
          );
          return true;
        });
      }, version);
    }
  },
});

Deno.test({
  name:
    "findFfmpeg() does not wait for a program that tells no version, and tells a broken one from none",
  ignore,
  fn: async () => {
    await withFake("exit 0", [], async () => {
      equal(
        JSON.stringify(await findFfmpeg(0.5)),
        JSON.stringify({ fault: "ffmpeg -version does not end within 0.5 s" }),
      );
    }, "exec sleep 60");
    await withFake("exit 0", [], async () => {
      const [bin = ""] = Deno.env.get("PATH")?.split(":") ?? [];
      const before = Deno.env.get("PATH");
      Deno.env.set("PATH", bin);
      try {
        await Deno.writeTextFile(join(bin, "ffmpeg"), "\x7fELF, and no program");
        match(JSON.stringify(await findFfmpeg()), /fault":"(?:ffmpeg -version ends|it cannot be)/);
        await Deno.remove(join(bin, "ffmpeg"));
        equal(await findFfmpeg(), "missing");
      } finally {
        Deno.env.set("PATH", before ?? "");
      }
    });
  },
});

Deno.test({
  name: "withFfmpegAudio() does not blame the file for what a program gives that is no ffmpeg",
  ignore,
  fn: async () => {
    const blamed = new RegExp(`the ffmpeg on the PATH does not work: ${GONE}$`);
    for (const body of ["printf 'music, perhaps'; exit 0", "printf 'RIFFxxxxAVI LIST    '"]) {
      await withFake(body, [], async () => {
        await rejects(withFfmpegAudio("/a/song.wv", () => Promise.resolve()), (error) => {
          ok(error instanceof FfmpegError);
          match(error.message, /what it gave is not the WAV that was asked for/);
          match(error.message, blamed);
          return true;
        });
      });
    }
    // No word of a version: not the messages of ffmpeg.
    await inTemporaryFolder(async (folder) => {
      const before = Deno.env.get("PATH");
      await Deno.writeTextFile(join(folder, "ffmpeg"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
      Deno.env.set("PATH", `${folder}:${before}`);
      try {
        await rejects(withFfmpegAudio("/a/song.wv", () => Promise.resolve()), (error) => {
          match((error as Error).message, /failed: exit code 1 \(no message\)/);
          match((error as Error).message, blamed);
          return true;
        });
      } finally {
        Deno.env.set("PATH", before ?? "");
      }
    });
  },
});
