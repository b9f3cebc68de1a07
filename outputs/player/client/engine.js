// Playback: decoded sources that start at the same sample, or, for long tracks, one media element.
(() => {
  /** Samples a second of the embedded audio and of the outlines' frames. */
  const RATE = 44100;
  const FRAME = 441;

  /** Returns the position after `from` has played for `elapsed` seconds, inside of a loop. */
  const wrapped = (from, elapsed, loop) => {
    const position = from + elapsed;
    if (loop === null || position < loop.end || from >= loop.end) return position;
    return loop.start + (position - loop.start) % (loop.end - loop.start);
  };

  /** Plays decoded sources through one gain each. The positions are those of the analysis. */
  class BufferEngine {
    /**
     * @param buffers decoded sources by name
     * @param lead seconds by which the decoded audio begins before the analysed audio
     * @param seconds length of the track
     */
    constructor(buffers, lead, seconds) {
      Object.assign(this, { buffers, lead, seconds });
      this.context = null;
      this.volume = 1;
      this.gainOf = Object.fromEntries(Object.keys(buffers).map((name) => [name, 1]));
      this.playing = [];
      this.from = 0;
      this.startedAt = 0;
      this.loop = null;
    }

    get isPlaying() {
      return this.playing.length > 0;
    }

    get hasClicks() {
      return this.buffers.clicks !== undefined;
    }

    /** The position that is heard: what is rendered takes a moment to the loudspeaker. */
    get position() {
      if (!this.isPlaying) return this.from;
      const { currentTime, outputLatency = 0, baseLatency = 0 } = this.context;
      const late = outputLatency || baseLatency;
      const elapsed = Math.max(0, currentTime - late - this.startedAt);
      return Math.min(this.seconds, wrapped(this.from, elapsed, this.loop));
    }

    /** Opens the audio output, which browsers allow once a control was used. */
    open() {
      if (this.context !== null) return;
      this.context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
      this.output = this.context.createGain();
      this.output.gain.value = this.volume;
      this.output.connect(this.context.destination);
      this.gains = {};
      for (const [name, value] of Object.entries(this.gainOf)) {
        const gain = this.context.createGain();
        gain.gain.value = value;
        gain.connect(this.output);
        this.gains[name] = gain;
      }
    }

    async play() {
      this.open();
      await this.context.resume();
      this.start();
    }

    /** Starts all sources at one time of the context, a moment ahead. */
    start() {
      if (this.isPlaying) return;
      this.startedAt = this.context.currentTime + 0.02;
      this.playing = Object.entries(this.buffers).map(([name, buffer]) => {
        const source = this.context.createBufferSource();
        source.buffer = buffer;
        source.connect(this.gains[name]);
        if (this.loop !== null && this.from < this.loop.end) {
          source.loop = true;
          source.loopStart = this.loop.start + this.lead;
          source.loopEnd = this.loop.end + this.lead;
        }
        const offset = this.from + this.lead;
        source.start(this.startedAt + Math.max(0, -offset), Math.max(0, offset));
        return source;
      });
    }

    pause() {
      this.from = this.position;
      this.stop();
    }

    stop() {
      for (const source of this.playing) {
        source.stop();
        source.disconnect();
      }
      this.playing = [];
    }

    /** Moves to a position; playback goes on from there. */
    seek(position) {
      const goesOn = this.isPlaying;
      this.stop();
      this.from = Math.min(this.seconds, Math.max(0, position));
      if (goesOn) this.start();
    }

    /** Repeats a part, or nothing where it is null. */
    repeat(loop) {
      const { position } = this;
      this.loop = loop;
      this.seek(loop !== null && position >= loop.end ? loop.start : position);
    }

    /** Sets the gain of a source, without a click. */
    setGain(name, value) {
      this.gainOf[name] = value;
      this.gains?.[name]?.gain.setTargetAtTime(value, this.context.currentTime, 0.008);
    }

    setVolume(value) {
      this.volume = value;
      this.output?.gain.setTargetAtTime(value, this.context.currentTime, 0.008);
    }
  }

  /** Plays a media element, which decodes as it plays. */
  class ElementEngine {
    constructor(element, seconds) {
      Object.assign(this, { element, seconds, loop: null });
      element.addEventListener("timeupdate", () => this.turn());
    }

    get isPlaying() {
      return !this.element.paused && !this.element.ended;
    }

    get position() {
      this.turn();
      return Math.min(this.seconds, this.element.currentTime);
    }

    get hasClicks() {
      return false;
    }

    /** Goes back to the start of the loop at its end. */
    turn() {
      const { loop, element } = this;
      if (loop !== null && !element.paused && element.currentTime >= loop.end) {
        element.currentTime = loop.start;
      }
    }

    async play() {
      await this.element.play();
    }

    pause() {
      this.element.pause();
    }

    seek(position) {
      this.element.currentTime = Math.min(this.seconds, Math.max(0, position));
    }

    repeat(loop) {
      this.loop = loop;
      if (loop !== null && this.element.currentTime >= loop.end) this.seek(loop.start);
    }

    setGain(name, gain) {
      if (name !== "clicks") this.element.muted = gain === 0;
    }

    setVolume(volume) {
      this.element.volume = volume;
    }
  }

  /** Returns the bytes of a base64 text. */
  const bytesOf = (base64) => {
    if (Uint8Array.fromBase64 !== undefined) return Uint8Array.fromBase64(base64);
    const characters = atob(base64);
    const bytes = new Uint8Array(characters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
    return bytes;
  };

  /** Takes the bytes of an embedded source out of the page. */
  const takeSource = (name) => {
    const element = document.getElementById(`audio-${name}`);
    const bytes = bytesOf(element.textContent.trim());
    element.remove();
    return bytes;
  };

  /**
   * Returns a click at each beat, a higher one at each downbeat, as in the click track of the program.
   *
   * @param lead seconds by which the other sources begin before the analysed audio
   */
  const clickBuffer = ({ beats, positions }, seconds, lead) => {
    const length = Math.max(1, Math.ceil((seconds + lead) * RATE));
    const buffer = new AudioBuffer({ length, sampleRate: RATE });
    const samples = buffer.getChannelData(0);
    for (const [beat, time] of beats.entries()) {
      const step = 2 * Math.PI * (positions[beat] === 1 ? 3000 : 1500) / RATE;
      const start = Math.trunc((time + lead) * RATE);
      for (let i = Math.max(0, -start); i < RATE / 10 && start + i < length; i++) {
        samples[start + i] += 0.5 * Math.sin(step * i) * 2 ** (-10 * i / (RATE / 10));
      }
    }
    return buffer;
  };

  /**
   * Returns the seconds by which decoded audio begins before the analysed audio: decoders cut the silence that an
   * encoder adds at different places. The outline tells: its frames are compared at shifts of 2.5 ms.
   */
  const leadOf = (buffer, { peaks, largest: scale }) => {
    const samples = buffer.getChannelData(0);
    const other = buffer.getChannelData(Math.min(1, buffer.numberOfChannels - 1));
    const frames = Math.min(peaks.length, 6000);
    const block = FRAME / 4;
    const largest = (start) => {
      let most = 0;
      for (let i = Math.max(0, start); i < Math.min(samples.length, start + block); i++) {
        most = Math.max(most, Math.abs(samples[i]), Math.abs(other[i]));
      }
      return most;
    };
    const margin = 50;
    const blocks = Float32Array.from(
      { length: 4 * (frames + 2 * margin) },
      (_, i) => largest(Math.round((i - 4 * margin) * block)),
    );
    let best = { shift: 0, error: Infinity };
    for (let shift = -4 * margin; shift < 4 * margin; shift++) {
      let error = 0;
      for (let frame = 0; frame < frames; frame++) {
        const at = 4 * (frame + margin) + shift;
        const peak = Math.max(blocks[at], blocks[at + 1], blocks[at + 2], blocks[at + 3]);
        error += Math.abs(peak - peaks[frame] / 255 * scale);
      }
      // Of equal fits, as in silence, the one without a shift is taken.
      const isNearer = error === best.error && Math.abs(shift) < Math.abs(best.shift);
      if (error < best.error || isNearer) best = { shift, error };
    }
    return best.shift * block / RATE;
  };

  /** Loads the audio of the page. */
  const loadEngine = async (data) => {
    const { sources, link, seconds, isDecoded, isExact } = data.audio;
    if (link !== null || !isDecoded) {
      const element = document.createElement("audio");
      element.preload = "auto";
      const [source] = sources;
      element.src = link ??
        URL.createObjectURL(new Blob([takeSource(source.name)], { type: source.type }));
      await new Promise((done, fail) => {
        element.addEventListener("loadedmetadata", done, { once: true });
        element.addEventListener("error", () => fail(element.error), { once: true });
      });
      return new ElementEngine(element, seconds);
    }
    // Such a context needs no permission to play.
    const offline = new OfflineAudioContext(2, 1, RATE);
    const buffers = {};
    for (const { name } of sources) {
      buffers[name] = await offline.decodeAudioData(takeSource(name).buffer);
    }
    const lead = isExact ? 0 : leadOf(buffers[sources[0].name], data.waves[0]);
    buffers.clicks = clickBuffer(data.result, seconds, lead);
    const engine = new BufferEngine(buffers, lead, seconds);
    engine.setGain("clicks", 0);
    return engine;
  };

  globalThis.tactus = { bytesOf, loadEngine };
})();
