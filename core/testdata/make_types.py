"""Writes the arrays of every element type that recorded_arrays_test.ts reads.

Run with numpy 2.4.6, ml_dtypes 0.6.0 and safetensors 0.8.0: python make_types.py, in any folder; the files are written next to
this script.
"""

import pathlib

import ml_dtypes
import numpy as np
import safetensors.numpy

here = pathlib.Path(__file__).parent
count = np.arange(24).reshape(2, 3, 4)
real = count * 0.5 - 1
values = {
    "bool": (count % 3 == 1),
    **{f"u{8 * size}": count.astype(f"u{size}") for size in (1, 2, 4, 8)},
    **{f"i{8 * size}": (count - 12).astype(f"i{size}") for size in (1, 2, 4, 8)},
    "f16": real.astype("f2"),
    "bf16": real.astype(ml_dtypes.bfloat16),
    "f32": real.astype("f4"),
    "f64": real,
    "c64": (real + 1j * count).astype("c8"),
    "c128": real + 1j * count,
}
# 2^63 + 1 is not a number of double precision.
values["u64"][1, 2, 3] = 2**63 + 1
values["i64"][1, 2, 3] = -(2**63) + 1

np.savez(here / "types.npz", **values)
np.savez_compressed(here / "types_deflated.npz", **values)
others = {name: array.astype(array.dtype.newbyteorder(">")) for name, array in values.items() if name != "bf16"}
np.savez(here / "types_big_endian.npz", **others)
np.savez(here / "types_fortran.npz", **{name: np.asfortranarray(array) for name, array in values.items()})
safetensors.numpy.save_file(
    {name: np.ascontiguousarray(array) for name, array in values.items() if name != "c128"}, here / "types.safetensors"
)
