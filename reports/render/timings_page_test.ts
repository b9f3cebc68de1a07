import { deepStrictEqual as equal, match } from "node:assert/strict";
import { readTimings } from "../timings_file.ts";
import { timingsPage } from "./timings_page.tsx";

const line = (stage: string, start: number, end: number, track: string | null): string =>
  JSON.stringify({
    stage,
    start,
    end,
    duration: end - start,
    device: "mlx",
    model: "fold0",
    track,
  });

const timings = (offset: number, track: string): string =>
  [
    line("demix: <demucs>", offset, offset + 4, track),
    line("model_load", offset, offset + 1.5, null),
    line("postprocess", offset + 5, offset + 6, track),
    line("metrical_dbn", offset + 5, offset + 5.75, track),
  ].join("\n");

const TIMINGS = timings(100, "/music/a.wav");

/** Returns the text of a page's rows and facts, without markup. */
function texts(page: string, element: string): string[] {
  return [...page.matchAll(new RegExp(`<${element}[^>]*>([^]*?)</${element}>`, "g"))]
    .map(([, inner]) =>
      inner!.replaceAll(/<svg[^]*?<\/svg>|<[^>]+>/g, " ").replaceAll(/\s+/g, " ").trim()
    );
}

Deno.test("timingsPage() has one row for each stage and sums the stages without their parts", () => {
  const page = timingsPage(readTimings(TIMINGS), { title: "timings.jsonl" });
  equal(texts(page, "tr").slice(1), [
    "demix: &lt;demucs> 0.000 4.000 4.000",
    "model_load 0.000 1.500 1.500",
    "postprocess 5.000 6.000 1.000",
    "metrical_dbn 5.000 5.750 0.750",
  ]);
  equal(texts(page, "dd"), ["6.000 s", "6.500 s", "1.500 s", "1.000 s", "fold0", "mlx"]);
  match(page, /rounded to 10 ms\. *Hollow bars are parts/);
});

Deno.test("timingsPage() gives the real-time factor where all lengths are known", () => {
  const factor = (lengths: [string, number][]): string[] =>
    texts(
      timingsPage(readTimings(TIMINGS), { title: "t", trackSeconds: new Map(lengths) }),
      "dd",
    ).filter((text) => text.endsWith("×"));
  equal(factor([["/music/a.wav", 120]]), ["20 ×"]);
  equal(factor([["/music/b.wav", 120]]), []);
});

Deno.test("timingsPage() shows the newest of several runs first", () => {
  const again = timings(3, "C:\\music\\b.wav");
  const page = timingsPage(readTimings(`${TIMINGS}\n${again}`), { title: "t" });
  equal(texts(page, "h2"), ["Run 2: b.wav", "Run 1: a.wav"]);
});
