/**
 * The formats that ffmpeg can write: one file for each container, codec and variant.
 *
 * @module
 */

/** One file of the matrix. */
export interface MatrixFile {
  /** File name, which tells container, codec and variant. */
  readonly name: string;
  /** Arguments of ffmpeg between the input and the output. */
  readonly args: readonly string[];
}

const PCM_WAV = "pcm_u8 pcm_s16le pcm_s24le pcm_s32le pcm_f32le pcm_f64le pcm_alaw pcm_mulaw";
const PCM_BE = "pcm_s8 pcm_s16be pcm_s24be pcm_s32be pcm_f32be pcm_f64be pcm_alaw pcm_mulaw";
const PCM_LE = "pcm_s16le pcm_s24le pcm_s32le pcm_f32le pcm_f64le";

/** Codecs by the ending of the container. `wav:rf64` is a container with an option. */
const CONTAINERS: Readonly<Record<string, string>> = {
  "wav": `${PCM_WAV} adpcm_ima_wav adpcm_ms libmp3lame libgsm_ms g722`,
  "wav:rf64": "pcm_s16le pcm_s24le pcm_f32le",
  "w64": `${PCM_WAV} adpcm_ms`,
  "aiff": `${PCM_BE} pcm_s16le`,
  "caf": `${PCM_BE} ${PCM_LE} adpcm_ima_qt alac aac flac libopus`,
  "au": PCM_BE,
  "flac": "flac",
  "mp2": "mp2",
  "mp3": "libmp3lame",
  "ogg": "libvorbis libopus flac libspeex",
  "mka":
    `libvorbis libopus flac aac alac libmp3lame mp2 ac3 wavpack tta dca truehd ${PCM_LE} pcm_u8 pcm_s16be`,
  "webm": "libvorbis libopus",
  "m4a": "aac alac",
  "mp4": "aac alac libmp3lame mp2 libopus flac ac3 eac3",
  "mov": `${PCM_BE} ${PCM_LE} pcm_u8 adpcm_ima_qt adpcm_ms aac alac libmp3lame mp2 ac3`,
  "3gp": "aac",
  "aac": "aac",
  "latm": "aac",
  "ac3": "ac3",
  "eac3": "eac3",
  "dts": "dca",
  "thd": "truehd",
  "wma": "wmav1 wmav2",
  "wv": "wavpack",
  "tta": "tta",
  "spx": "libspeex",
  "avi": "pcm_s16le libmp3lame ac3",
  "m2ts": "aac mp2 libmp3lame",
  "m2ts:192": "aac mp2",
  "sbc": "sbc",
  "aptx": "aptx",
  "flv": "aac libmp3lame",
  "gsm": "libgsm",
  "g722": "g722",
  "voc": "pcm_u8 pcm_s16le",
  "sox": "pcm_s32le",
  "ircam": "pcm_s16le",
};

/** Further rates in Hz of a codec, in addition to 44.1 kHz stereo. */
const RATES: Readonly<Record<string, readonly number[]>> = {
  pcm_s16le: [8000, 48_000, 192_000],
  pcm_s24be: [96_000],
  flac: [8000, 48_000, 96_000, 192_000],
  alac: [48_000, 88_200, 96_000, 192_000],
  aac: [8000, 11_025, 16_000, 22_050, 32_000, 48_000, 64_000, 88_200, 96_000],
  libmp3lame: [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 48_000],
  mp2: [16_000, 22_050, 24_000, 32_000, 48_000],
  libvorbis: [8000, 11_025, 16_000, 22_050, 32_000, 48_000, 96_000],
};

/** Codecs that are also written with six channels. */
const SURROUND = /^(pcm_s|pcm_f|flac|alac|aac|libvorbis|libopus|ac3|eac3|wavpack)/;
/** Codecs of one rate, Hz. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  libgsm: ["-ar", "8000", "-ac", "1"],
  libgsm_ms: ["-ar", "8000", "-ac", "1"],
  g722: ["-ar", "16000", "-ac", "1"],
  libspeex: ["-ar", "32000"],
  libopus: ["-ar", "48000"],
};

/** Further variants by codec. Noise substitution of AAC is off, since each decoder inserts other noise. */
const VARIANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  libmp3lame: {
    cbr_320: "-b:a 320k",
    vbr_0: "-q:a 0",
    vbr_9: "-q:a 9",
    abr: "-abr 1 -b:a 128k",
    left_right: "-joint_stereo 0",
    without_header: "-write_xing 0",
  },
  libopus: {
    silk_8k: "-b:a 8k -ac 1 -application voip",
    hybrid_24k: "-b:a 24k -ac 1 -application voip",
    celt_256k: "-b:a 256k",
    low_delay: "-application lowdelay",
    frames_2_5: "-frame_duration 2.5",
    frames_5: "-frame_duration 5",
    frames_10: "-frame_duration 10",
    frames_40: "-frame_duration 40",
    frames_60: "-frame_duration 60",
    frames_120: "-frame_duration 120",
  },
  libvorbis: { quality_0: "-q:a 0", quality_10: "-q:a 10" },
  flac: { bits_24: "-sample_fmt s32 -bits_per_raw_sample 24", level_12: "-compression_level 12" },
  alac: { bits_24: "-sample_fmt s32p -bits_per_raw_sample 24" },
  wavpack: { float: "-sample_fmt fltp" },
};

const MUXERS: Readonly<Record<string, string>> = {
  latm: "latm",
  dts: "dts",
  thd: "truehd",
  ircam: "ircam",
  sox: "sox",
  m2ts: "mpegts",
};

/** Returns the files of the matrix. */
export function formatMatrix(): MatrixFile[] {
  return Object.entries(CONTAINERS).flatMap(([container, codecs]) =>
    codecs.split(" ").flatMap((codec) => files(container, codec))
  );
}

function files(container: string, codec: string): MatrixFile[] {
  const [ending = "", option] = container.split(":");
  const variants: Record<string, readonly string[]> = { stereo: [] };
  if (FIXED[codec]?.includes("-ac") !== true) variants.mono = ["-ac", "1"];
  if (SURROUND.test(codec)) variants.six_channels = ["-ac", "6"];
  for (const rate of RATES[codec] ?? []) variants[`rate_${rate}`] = ["-ar", String(rate)];
  for (const [name, args] of Object.entries(VARIANTS[codec] ?? {})) {
    variants[name] = args.split(" ");
  }
  const muxer = MUXERS[ending];
  return Object.entries(variants).map(([variant, args]) => ({
    name: `${container.replace(":", "_")}-${codec}-${variant}.${ending}`,
    args: [
      ...["-c:a", codec, ...FIXED[codec] ?? []],
      ...codec === "aac" ? ["-aac_pns", "0"] : [],
      ...option === "rf64" ? ["-rf64", "always"] : [],
      ...option === "192" ? ["-mpegts_m2ts_mode", "1"] : [],
      ...["-strict", "experimental", ...args],
      ...muxer === undefined ? [] : ["-f", muxer],
    ],
  }));
}
