"""Writes the array files that npy_test.ts and npz_test.ts read.

Run with numpy 1.23.5: python make_npy.py, in any folder; the files are written next to this script.
"""

import pathlib
import warnings

import numpy as np

here = pathlib.Path(__file__).parent
warnings.simplefilter("ignore")
count = np.arange(24)

for name, dtype in [("f4", "<f4"), ("f8", "<f8"), ("i2", "<i2"), ("i4", "<i4"), ("i8", "<i8"), ("u1", "|u1")]:
    np.save(here / f"{name}.npy", (count * 5 + 1).reshape(2, 3, 4).astype(dtype))
np.save(here / "fortran.npy", np.asfortranarray(count.reshape(2, 3, 4).astype("<f4")))
np.save(here / "scalar.npy", np.float64(0.1))
np.save(here / "vector.npy", count[:3].astype("<i4"))
np.save(here / "empty.npy", np.zeros((3, 0, 2), "<f4"))
np.save(here / "big_endian.npy", count.astype(">f4"))
np.save(here / "structured.npy", np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
for version in [(2, 0), (3, 0)]:
    with open(here / f"version{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, count[:5].astype("<f4"), version)
np.savez(here / "stored.npz", beat=count[:3].astype("<f4"), label=count.reshape(2, 12).astype("<i4"))
np.savez_compressed(here / "deflated.npz", beat=np.zeros(1000, "<f4"), label=count.reshape(2, 12).astype("<i4"))
