import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { renderToString } from "preact-render-to-string";
import { InlineScript, PageData, renderPage } from "./page.tsx";

Deno.test("renderPage() escapes text, joins lists, and leaves out null", () => {
  const page = renderPage(
    "<&>",
    <main>
      <p title={`a"b`}>{"<&>"}</p>
      <ul>{[<li key="1">{1}</li>, "<", null]}</ul>
    </main>,
  );
  equal(page.startsWith('<!doctype html>\n<html lang="en"><head><meta charset="utf-8"'), true);
  equal(page.includes("<title>&lt;&amp;></title>"), true);
  const body = /<body>(.*)<\/body><\/html>\n$/.exec(page)![1];
  equal(
    body,
    '<main><p title="a&quot;b">&lt;&amp;></p><ul><li>1</li>&lt;</ul></main>',
  );
});

Deno.test("PageData is the same after parsing and cannot end its element", () => {
  const data = { name: "</script><script>alert(1)</script><!--", value: 0.1 };
  const markup = renderToString(<PageData id="view" data={data} />);
  const [, json] = /^<script type="application\/json" id="view">(.*)<\/script>$/.exec(markup)!;
  equal(json!.includes("<"), false);
  equal(JSON.parse(json!), data);
});

Deno.test("InlineScript refuses a source that would end its element", () => {
  const rendered = (source: string): string => renderToString(<InlineScript source={source} />);
  equal(rendered("1 < 2"), "<script>1 < 2</script>");
  for (const source of ['"</script>"', '"</SCRIPT >"', "x <!-- y"]) {
    throws(() => rendered(source), /expected a source without <\/script>/);
  }
});
