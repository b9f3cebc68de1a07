/**
 * Published weights: addresses, sizes and SHA-256 of the All-In-One folds and of HTDemucs.
 *
 * The `.npz` and `.yaml` files of a fold are those of the MLX port. Upstream's own `.pth` files have no published SHA-256.
 *
 * @module
 */

import type { PinnedFile } from "./pinned_file.ts";

/** Files of a fold. */
export interface HarmonixFiles {
  /** Weights. */
  readonly npz: PinnedFile;
  /** Configuration. */
  readonly yaml: PinnedFile;
  /** Name of upstream's own file, which holds both. */
  readonly pthFileName: string;
}

const SOURCE = "https://raw.githubusercontent.com/ssmall256/all-in-one-mlx/" +
  "da5f3474503fde41860b454a48bc9e7899cd5dfa/mlx-weights";

const FOLDS = [
  {
    npz: {
      bytes: 1_263_181,
      sha256: "2d04d162842b048c34d9476c061f2612e4b9cd339d264aa2fb6ec88c59fde1c0",
    },
    yaml: {
      bytes: 1_667,
      sha256: "669edb57eb2e1a527081b0e1c41455314a5a1b093f30b2407d9ba356e6f0a2d5",
    },
    pth: "harmonix-fold0-0vra4ys2.pth",
  },
  {
    npz: {
      bytes: 1_263_604,
      sha256: "1b83331d32a80762e92947c74be32dbc7d10cbed1abf980deab63bb3de556c8b",
    },
    yaml: {
      bytes: 1_667,
      sha256: "74cdc5aeac5f22d53249339c3cdb272d10ea4b6d758187d1eeaae090ed291f25",
    },
    pth: "harmonix-fold1-3ozjhtsj.pth",
  },
  {
    npz: {
      bytes: 1_263_513,
      sha256: "de816995b2132c8fc20a3547829d3fe5de342a6c58fd38ce8c93f2c85bc6d5e8",
    },
    yaml: {
      bytes: 1_667,
      sha256: "df7f033210b6f96e5de32ed1e759cc864adb3247bc4f74cd271f48dacd9e3b37",
    },
    pth: "harmonix-fold2-gmgo0nsy.pth",
  },
  {
    npz: {
      bytes: 1_263_500,
      sha256: "e9aaa20b6fbbff8416b50d2a9496c3ecc24b2752c5bc2765876a3a5ec9725e9c",
    },
    yaml: {
      bytes: 1_666,
      sha256: "81ffa99ef2e37a6f87cef0204a03b1dd8409cf9985a76af83616636642830688",
    },
    pth: "harmonix-fold3-i92b7m8p.pth",
  },
  {
    npz: {
      bytes: 1_263_392,
      sha256: "1aa4bcfdf29908121107e4655be7f5baae9bcd49afc5c9763441033df8a20513",
    },
    yaml: {
      bytes: 1_667,
      sha256: "bcb7e5c82bbfa126f9302d601d40cae4853ea8dd92ea10f0a2f53f446a30a494",
    },
    pth: "harmonix-fold4-1bql5qo0.pth",
  },
  {
    npz: {
      bytes: 1_263_301,
      sha256: "435bebb4ebe55b158d2656e541e737b66fb844725dd56f5a2ff0dc2964046005",
    },
    yaml: {
      bytes: 1_667,
      sha256: "7e3e3cfee4e4d8a643dfd325e5c126db1f8a0cb925ebe4d2a2fb936599967e50",
    },
    pth: "harmonix-fold5-x4z5zeef.pth",
  },
  {
    npz: {
      bytes: 1_263_398,
      sha256: "0f86b5f00468f1546f558fdc72a4cb3fa91342c039bbf381d6c85f0e31d0b76d",
    },
    yaml: {
      bytes: 1_667,
      sha256: "d24fba03d24637d7c1026ac40f283a60617af0effccc7869643d5d53d401e93c",
    },
    pth: "harmonix-fold6-x7t226rq.pth",
  },
  {
    npz: {
      bytes: 1_263_287,
      sha256: "682a87d253dbdcd1d9e343c6fae73e118d32441d86a3a409714779fc49ad327f",
    },
    yaml: {
      bytes: 1_667,
      sha256: "eba56bdf405973a6d762b85d66743a73da1ba5e268311c33be3ecb1f78fb51b9",
    },
    pth: "harmonix-fold7-qwwskhg6.pth",
  },
] as const;

/** Files of the published folds, in order. */
export const HARMONIX_FILES: readonly HarmonixFiles[] = FOLDS.map(({ npz, yaml, pth }, fold) => ({
  npz: pinned(`harmonix-fold${fold}_mlx.npz`, npz),
  yaml: pinned(`harmonix-fold${fold}_mlx.yaml`, yaml),
  pthFileName: pth,
}));

function pinned(fileName: string, content: { bytes: number; sha256: string }): PinnedFile {
  const { bytes, sha256 } = content;
  return { fileName, url: `${SOURCE}/${fileName}`, sha256, minBytes: bytes, maxBytes: bytes };
}

/** Files of a published separation network; one of them is enough. */
export interface HtdemucsFile {
  /** Weights as demucs has published them from version 4.0 on. */
  readonly th: PinnedFile;
  /** Name of the file in the repositories of demucs 4.1, whose SHA-256 is not published. */
  readonly safetensors: string;
  /** The only source that is used of the network, one of a bag; absent where all are used. */
  readonly source?: string;
}

/**
 * The published separation networks by demucs' names. The authors publish the first eight hexadecimal digits of the
 * SHA-256, as the part of the name after the dash.
 *
 * Source: demucs 4.1.0, `remote/files.txt`, `remote/htdemucs_ft.yaml` and `hf.py`, for the names; the bag takes each
 * source from one network.
 */
export const HTDEMUCS_FILES = {
  htdemucs: [htdemucsFile("955717e8-8726e21a")],
  htdemucs_ft: [
    { ...htdemucsFile("f7e0c4bc-ba3fe64a"), source: "drums" },
    { ...htdemucsFile("d12395a8-e57c48e6"), source: "bass" },
    { ...htdemucsFile("92cfc3b6-ef3bcb9c"), source: "other" },
    { ...htdemucsFile("04573f0d-f3cf25b2"), source: "vocals" },
  ],
  htdemucs_6s: [htdemucsFile("5c90dfd2-34c22ccb", [40_000_001, 69_999_999])],
} as const satisfies Readonly<Record<string, readonly HtdemucsFile[]>>;

/** Weights of `htdemucs`, about 84 MB. */
export const HTDEMUCS_FILE: PinnedFile = HTDEMUCS_FILES.htdemucs[0].th;

function htdemucsFile(
  name: string,
  [minBytes, maxBytes]: readonly [number, number] = [80_000_001, 99_999_999],
): HtdemucsFile {
  const [signature = "", sha256 = ""] = name.split("-");
  const fileName = `${name}.th`;
  const url = `https://dl.fbaipublicfiles.com/demucs/hybrid_transformer/${fileName}`;
  const th = { fileName, url, sha256, minBytes, maxBytes };
  return { th, safetensors: `${signature}.safetensors` };
}
