/** Tests the time limit of ffmpeg in real time. */

import { equal, match, ok, rejects } from "node:assert/strict";
import { withFakeFfmpeg as withFake } from "../tests/support/fake_ffmpeg.ts";
import { FfmpegError, withFfmpegAudio } from "./ffmpeg.ts";

const ignore = Deno.build.os === "windows";

Deno.test({
  name: "withFfmpegAudio() ends an ffmpeg that gives no more samples, whatever it writes to stderr",
  ignore,
  fn: async () => {
    // The shell starts no process that would outlive it.
    const body = "echo RIFF; while :; do echo busy >&2; read x < /dev/null; done";
    await withFake(body, [], async () => {
      const work = (): Promise<void> => Promise.reject(new Error("unreachable"));
      await rejects(withFfmpegAudio("/a/song.wv", work, { idleSeconds: 2 }), (error) => {
        ok(error instanceof FfmpegError);
        match(error.message, /'\/a\/song\.wv' .*gave no samples for 2 s .*busy/);
        return true;
      });
    });
  },
});

Deno.test({
  name: "withFfmpegAudio() waits for an ffmpeg that is slow",
  ignore,
  fn: async () => {
    const body =
      "printf 'RIFF1234WAVEfmt '; for i in 1 2 3 4 5 6; do printf 12345678; sleep 0.4; done";
    await withFake(body, [], async () => {
      const size = await withFfmpegAudio(
        "/a/song.wv",
        async ({ path }) => (await Deno.stat(path)).size,
        { idleSeconds: 2 },
      );
      equal(size, 64);
    });
  },
});
