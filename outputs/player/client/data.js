// The data of the page.
(() => {
  const { bytesOf } = globalThis.tactus;
  const element = document.getElementById("track");
  const data = JSON.parse(element.textContent);
  element.remove();
  for (const wave of data.waves) wave.peaks = bytesOf(wave.peaks);
  let bar = 0;
  data.result.bars = data.result.positions.map((position) => position === 1 ? ++bar : bar);
  globalThis.tactus.data = data;
})();
