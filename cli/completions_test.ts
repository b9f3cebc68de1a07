import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { completionsText } from "./_completions_text.ts";
import { tactus } from "./commands.ts";

/** Returns what bash completes after the words, of which the last is begun. */
async function completed(script: string, ...words: string[]): Promise<string[]> {
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: [
      ...["--norc", "-c"],
      `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tactus; echo "\${COMPREPLY[@]}"`,
      ...["-", "tactus", ...words],
    ],
  }).output();
  equal(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).trim().split(" ").filter((word) => word !== "");
}

Deno.test({
  name: "completions of bash know commands, their options and the values of these",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    const script = await completionsText("bash", tactus);
    equal(await completed(script, "an"), ["analyze"]);
    equal(await completed(script, "models", "pu"), ["pull"]);
    equal(await completed(script, "models", "pull", "--off"), ["--offline"]);
    equal(await completed(script, "analyze", "--backend", "n"), ["native"]);
    equal(await completed(script, "analyze", "-d", "cu"), ["cuda"]);
    equal(await completed(script, "analyze", "--backend", "=", "on"), ["onnx"]);
    equal(await completed(script, "analyze", "song.mp3", "--viz-f"), ["--viz-format"]);
    // Bash completes names of files where there is nothing else.
    equal(await completed(script, "analyze", ""), []);
    ok((await completed(script, "")).includes("doctor"));
  },
});

Deno.test("completions of zsh and fish list each command and option, and quote their help", async () => {
  for (const shell of ["zsh", "fish"] as const) {
    const script = await completionsText(shell, tactus);
    for (const word of ["analyze", "pull", "record"]) {
      ok(script.includes(word), `${shell}: ${word}`);
    }
    match(script, shell === "zsh" ? /'--sonif-dir:folder for/ : /-l sonif-dir -r -d 'folder for/);
    if (shell === "zsh") ok(script.includes('previous="${argument%%=*}"; compset -P "*="'));
    // Quotes are in pairs on each line.
    for (const line of script.split("\n")) equal(line.split("'").length % 2, 1, line);
  }
});

Deno.test("fish completes no files after a group, which takes none", async () => {
  const text = await completionsText("fish", tactus);
  for (const words of ["", "models", "harness"]) {
    ok(text.includes(`complete -c tactus -n '__tactus_at "${words}"' -f\n`), words);
  }
  ok(!text.includes(`__tactus_at "analyze"' -f\n`));
});
