import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { embeddedData, Html, html, inlineScript } from "./html.ts";

Deno.test("html escapes text, keeps markup, joins lists, and leaves out null", () => {
  equal(html`<p title="${'a"b'}">${"<&>"}</p>`.markup, '<p title="a&quot;b">&lt;&amp;&gt;</p>');
  equal(html`<ul>${[html`<li>${1}</li>`, "<", null]}</ul>`.markup, "<ul><li>1</li>&lt;</ul>");
  equal(html`a\n${new Html("<b>")}`.markup, "a\n<b>");
});

Deno.test("embeddedData() is the same after parsing and cannot end its element", () => {
  const data = { name: "</script><script>alert(1)</script><!--", value: 0.1 };
  const { markup } = embeddedData("view", data);
  const [, json] = /^<script type="application\/json" id="view">(.*)<\/script>$/.exec(markup)!;
  equal(json!.includes("<"), false);
  equal(JSON.parse(json!), data);
});

Deno.test("inlineScript() refuses a source that would end its element", () => {
  equal(inlineScript("1 < 2").markup, "<script>1 < 2</script>");
  for (const source of ['"</script>"', '"</SCRIPT >"', "x <!-- y"]) {
    throws(() => inlineScript(source), /expected a source without <\/script>/);
  }
});
