// Links to the data that the page embeds.
(() => {
  const text = (id) => document.getElementById(id).textContent;
  const offer = (id, type, content) => {
    document.getElementById(id).href = URL.createObjectURL(new Blob([content], { type }));
  };
  offer(
    "download-json",
    "application/json",
    `${JSON.stringify(JSON.parse(text("report")), null, 2)}\n`,
  );
  offer("download-csv", "text/csv", JSON.parse(text("csv")));
  offer(
    "download-history",
    "application/json",
    `${JSON.stringify(globalThis.report.view.history)}\n`,
  );
})();
