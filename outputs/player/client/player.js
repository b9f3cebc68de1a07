// The controls: transport, segments, stems, keyboard.
(() => {
  const { data, drawWhole, drawAround, firstFrom, forgetColours, loadEngine } = globalThis.tactus;
  const { beats, positions, segments, bars } = data.result;
  const seconds = data.audio.seconds;
  const element = (id) => document.getElementById(id);
  const all = (selector) => [...document.querySelectorAll(selector)];

  /** Spans of the close view, seconds. */
  const SPANS = [2, 4, 8, 16, 32];

  const state = { engine: null, isLooping: false, span: 2, muted: new Set(), solo: new Set() };

  const clock = (time) => {
    const tenths = Math.floor(Math.max(0, time + data.startSeconds) * 10 + 1e-6);
    const [minutes, rest] = [Math.floor(tenths / 600), tenths % 600];
    const hours = Math.floor(minutes / 60);
    const pad = (value) => String(value).padStart(2, "0");
    const tail = `${pad(Math.floor(rest / 10))}.${rest % 10}`;
    return hours > 0 ? `${hours}:${pad(minutes % 60)}:${tail}` : `${minutes}:${tail}`;
  };

  const position = () => state.engine?.position ?? 0;

  const segmentAt = (time) => segments.findLastIndex(({ start }) => start <= time + 1e-6);

  const say = (words) => {
    element("status").textContent = words;
  };

  // Drawing.

  const drawStill = () => {
    forgetColours();
    drawWhole(element("whole"), data.waves[0]);
    for (const canvas of all("canvas[data-wave]")) {
      drawWhole(canvas, data.waves[Number(canvas.dataset.wave)]);
    }
    drawMoving();
  };

  let shown = { segment: -2, beat: -2, text: "" };

  const drawMoving = () => {
    const at = position();
    const share = seconds > 0 ? 100 * at / seconds : 0;
    for (const line of all(".playhead")) line.style.left = `${share}%`;
    drawAround(element("close"), data.waves[0], at, SPANS[state.span], loopNow());
    const text = clock(at);
    if (text !== shown.text) {
      element("now").textContent = text;
      element("seek").value = at;
      element("seek").setAttribute("aria-valuetext", `${text} of ${clock(seconds)}`);
    }
    const beat = firstFrom(beats, at + 0.02) - 1;
    if (beat !== shown.beat) {
      element("beat").textContent = beat < 0 ? "–" : `${bars[beat]}.${positions[beat]}`;
      for (const [i, dot] of all(".pulse i").entries()) {
        dot.classList.toggle("on", beat >= 0 && i + 1 === positions[beat]);
      }
    }
    const segment = segmentAt(at);
    if (segment !== shown.segment) {
      element("label").textContent = segments[segment]?.label ?? "–";
      for (const button of all("[data-segment]")) {
        const isCurrent = Number(button.dataset.segment) === segment;
        if (isCurrent) button.setAttribute("aria-current", "true");
        else button.removeAttribute("aria-current");
      }
    }
    shown = { segment, beat, text };
  };

  const frame = () => {
    if (state.engine?.isPlaying) {
      if (position() >= seconds - 0.001) pause();
      drawMoving();
      requestAnimationFrame(frame);
    }
  };

  // Transport.

  const showPlaying = () => {
    const isPlaying = state.engine.isPlaying;
    element("play").setAttribute("aria-label", isPlaying ? "Pause" : "Play");
    element("play").classList.toggle("playing", isPlaying);
  };

  const play = async () => {
    if (state.engine === null || state.engine.isPlaying) return;
    if (position() >= seconds - 0.01) state.engine.seek(0);
    await state.engine.play();
    showPlaying();
    requestAnimationFrame(frame);
  };

  const pause = () => {
    state.engine?.pause();
    showPlaying();
    drawMoving();
  };

  const toggle = () => state.engine?.isPlaying ? pause() : play();

  const loopNow = () => state.engine?.loop ?? null;

  /** Repeats the segment at a time, or nothing. */
  const setLoop = (isLooping, time = position()) => {
    if (state.engine === null) return;
    const segment = segments[segmentAt(time)];
    state.isLooping = isLooping && segment !== undefined;
    state.engine.repeat(
      state.isLooping ? { start: segment.start, end: Math.min(segment.end, seconds) } : null,
    );
    const range = element("loop-range");
    range.hidden = !state.isLooping;
    if (state.isLooping) {
      range.style.left = `${100 * segment.start / seconds}%`;
      range.style.width = `${100 * (Math.min(segment.end, seconds) - segment.start) / seconds}%`;
    }
    element("loop").setAttribute("aria-pressed", String(state.isLooping));
    say(state.isLooping ? `Loop: ${segment.label}, from ${clock(segment.start)}` : "");
    drawMoving();
  };

  const seek = (time) => {
    if (state.engine === null) return;
    const target = Math.min(seconds, Math.max(0, time));
    const loop = loopNow();
    const leaves = loop !== null && (target < loop.start || target >= loop.end);
    if (leaves) state.engine.repeat(null);
    state.engine.seek(target);
    if (leaves) setLoop(state.isLooping, target);
    drawMoving();
  };

  const stepSegment = (step) => {
    const at = position();
    const now = segmentAt(at);
    // Back goes to the start of this segment first.
    const isInside = step < 0 && segments[now] !== undefined && at - segments[now].start > 1;
    const target =
      segments[Math.min(segments.length - 1, Math.max(0, isInside ? now : now + step))];
    if (target !== undefined) seek(target.start);
  };

  const stepBeat = (step, isWanted = () => true) => {
    const at = position();
    let beat = step > 0 ? firstFrom(beats, at + 0.005) : firstFrom(beats, at - 0.15) - 1;
    while (beats[beat] !== undefined && !isWanted(beat)) beat += step;
    if (beats[beat] !== undefined) seek(beats[beat]);
  };

  const isDownbeat = (beat) => positions[beat] === 1;

  // Stems and clicks.

  const applyGains = () => {
    for (const { name } of data.audio.sources) {
      const isHeard = state.solo.size > 0 ? state.solo.has(name) : !state.muted.has(name);
      state.engine?.setGain(name, isHeard ? 1 : 0);
      element(`stem-${name}`)?.classList.toggle("silent", !isHeard);
    }
    for (const [kind, set] of [["mute", state.muted], ["solo", state.solo]]) {
      for (const button of all(`[data-${kind}]`)) {
        button.setAttribute("aria-pressed", String(set.has(button.dataset[kind])));
      }
    }
  };

  const flip = (set, name) => {
    if (!set.delete(name)) set.add(name);
    applyGains();
  };

  const toggleClicks = () => {
    const button = element("clicks");
    if (button.disabled) return;
    const isOn = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isOn));
    state.engine?.setGain("clicks", isOn ? 1 : 0);
  };

  const zoom = (step) => {
    state.span = Math.min(SPANS.length - 1, Math.max(0, state.span + step));
    drawMoving();
  };

  // Events.

  const on = (id, type, work) => element(id)?.addEventListener(type, work);

  on("play", "click", toggle);
  on("previous", "click", () => stepSegment(-1));
  on("next", "click", () => stepSegment(1));
  on("loop", "click", () => setLoop(!state.isLooping));
  on("clicks", "click", toggleClicks);
  on("closer", "click", () => zoom(-1));
  on("wider", "click", () => zoom(1));
  on("volume", "input", ({ target }) => state.engine?.setVolume(Number(target.value) ** 2));
  on("seek", "input", ({ target }) => seek(Number(target.value)));
  on("close", "click", ({ target, offsetX }) => {
    seek(position() + (offsetX / target.clientWidth - 0.5) * SPANS[state.span]);
  });
  for (const button of all("[data-segment]")) {
    button.addEventListener("click", () => {
      const { start } = segments[Number(button.dataset.segment)];
      seek(start);
      if (state.isLooping) setLoop(true, start);
    });
  }
  for (const button of all("[data-mute]")) {
    button.addEventListener("click", () => flip(state.muted, button.dataset.mute));
  }
  for (const button of all("[data-solo]")) {
    button.addEventListener("click", () => flip(state.solo, button.dataset.solo));
  }
  // A button that was clicked with a pointer gives the keys back.
  document.addEventListener("click", ({ detail, target }) => {
    if (detail > 0) target.closest("button")?.blur();
  });

  const KEYS = {
    " ": toggle,
    k: toggle,
    ArrowLeft: () => seek(position() - 5),
    ArrowRight: () => seek(position() + 5),
    ",": () => stepBeat(-1),
    ".": () => stepBeat(1),
    "<": () => stepBeat(-1, isDownbeat),
    ">": () => stepBeat(1, isDownbeat),
    "[": () => stepSegment(-1),
    "]": () => stepSegment(1),
    Home: () => seek(0),
    End: () => seek(seconds),
    l: () => setLoop(!state.isLooping),
    c: toggleClicks,
    "+": () => zoom(-1),
    "=": () => zoom(-1),
    "-": () => zoom(1),
  };

  addEventListener("keydown", (event) => {
    const { key, code, target, shiftKey, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    // Focused controls keep the keys that they use themselves.
    if ((key === " " || key === "Enter") && target.closest?.("button, summary, a")) return;
    if (/^(Arrow|Home|End|Page)/.test(key) && target.id === "volume") return;
    const digit = /^Digit([1-9])$/.exec(code);
    const source = digit === null ? undefined : data.audio.sources[Number(digit[1]) - 1];
    if (source !== undefined && data.audio.sources.length > 1) {
      flip(shiftKey ? state.solo : state.muted, source.name);
    } else if (Object.hasOwn(KEYS, key)) KEYS[key]();
    else return;
    event.preventDefault();
  });

  new ResizeObserver(drawStill).observe(element("whole"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawStill);

  // Links such as #t=63.5 start at a time.
  const linked = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);

  const start = async () => {
    say("Decoding the audio …");
    try {
      state.engine = await loadEngine(data);
    } catch (error) {
      say(`This browser cannot play the audio: ${error?.message ?? error}`);
      return;
    }
    for (const control of all("[data-needs-audio]")) control.disabled = false;
    element("clicks").disabled = !state.engine.hasClicks;
    state.engine.setVolume(Number(element("volume").value) ** 2);
    say("");
    applyGains();
    if (linked !== null) seek(Number(linked[1]) - data.startSeconds);
    drawStill();
    document.documentElement.dataset.ready = "true";
  };

  drawStill();
  // For tests and for scripts of the user.
  globalThis.player = { state, seek, play, pause, position, draw: drawMoving };
  start();
})();
