#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-numpy.sh - arrays that NumPy writes, read by us, and ours by NumPy.
src=${MGREG_SRC:-.} build=${MGREG_BUILD:-.} python=${PYTHON3:-python3}
$python -c 'import numpy' 2>/dev/null || python=/usr/bin/python3         # where Debian's NumPy belongs
if ! $python -c 'import numpy' 2>/dev/null; then
	echo "1..0 # SKIP NumPy is missing"
	exit 0
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
PEEK=$build/peek DIR=$dir $python - <<'PY'
import json, os, subprocess
import numpy as np

peek, d = os.environ["PEEK"], os.environ["DIR"]
n = 0


def check(good, text):
    global n
    n += 1
    print("%s %d - %s" % ("ok" if good else "not ok", n, text), flush=True)


def run(*args):
    return subprocess.run([peek, *args], capture_output=True, text=True)


rng = np.random.RandomState(3)
arrays = {}
for t in "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 c8 c16".split():
    for order in "<>":
        a = (rng.uniform(0, 100, (3, 4))).astype(order + t)
        arrays[t + "_" + ("big" if order == ">" else "little")] = a
arrays["bool"] = rng.uniform(0, 1, (2, 3, 2)) > 0.5
arrays["bytes"] = np.array([[b"a", b"", b"long text"]])
arrays["text"] = np.array(["a", "\u00e9\u20ac\U0001f600", ""])
arrays["columns_first"] = np.asfortranarray(rng.uniform(0, 1, (3, 4, 5)))
arrays["scalar"] = np.array(2.5)
arrays["empty"] = np.zeros((0, 3), "f4")
arrays["special"] = np.array([np.nan, np.inf, -np.inf, -0.0])
for name, a in arrays.items():
    np.save(d + "/in.npy", a)
    r = run("npy", d + "/in.npy", d + "/out.npy")
    good = r.returncode == 0
    if good:
        b = np.load(d + "/out.npy")
        want = np.char.encode(a, "utf-8") if a.dtype.kind == "U" else a
        good = b.shape == a.shape and np.array_equal(b, want, equal_nan=a.dtype.kind in "fc")
        if a.dtype.kind in "fiub":
            good = good and b.dtype == a.dtype.newbyteorder("<")
    check(good, "array %s comes back %s" % (name, r.stderr.strip()))

# What NumPy writes and what we write are the same bytes, header and all.
same = 0
for name in "f4_little i8_little u1_little bool empty".split():
    np.save(d + "/in.npy", arrays[name])
    run("npy", d + "/in.npy", d + "/out.npy")
    same += open(d + "/in.npy", "rb").read()[10:] == open(d + "/out.npy", "rb").read()[10:] or \
        np.load(d + "/in.npy").tobytes() == np.load(d + "/out.npy").tobytes()
check(same == 5, "elements are the same bytes")

x = rng.uniform(0, 1, (7, 2)).astype("f4")
y = np.arange(7)
for save in (np.savez, np.savez_compressed):
    save(d + "/data.npz", images=x, labels=y)
    r = run("data", d + "/data.npz")
    columns = {}
    for line in r.stdout.splitlines():
        name, dtype, shape, values = line.split(" ", 3)
        columns[name] = (dtype, shape, json.loads(values))
    good = sorted(columns) == ["images", "labels"] and columns["images"][:2] == ("float32", "[7,2]") \
        and np.array_equal(np.array(columns["images"][2], "f4"), x) and columns["labels"] == ("int64", "[7]", y.tolist())
    check(good, "%s: columns and values %s" % (save.__name__, r.stderr.strip()))

r = run("tensors", d + "/data.npz")
check(r.returncode == 0 and [l.split(" ")[:3] for l in r.stdout.splitlines()] == [["images", "float32", "[7,2]"], ["labels", "int64", "[7]"]],
      "an npz is a checkpoint too %s" % r.stderr.strip())
r = run("copy", d + "/data.npz", d + "/from_npz")
check(r.returncode == 0 and run("tensors", d + "/from_npz").stdout == run("tensors", d + "/data.npz").stdout, "and becomes a V2 one")

np.savez(d + "/uneven.npz", a=x, b=y[:3])
r = run("data", d + "/uneven.npz")
check(r.returncode != 0 and "rows" in r.stderr, "columns of different length are refused: " + r.stderr.strip())
np.save(d + "/objects.npy", np.array([{}, 1], dtype=object), allow_pickle=True)
r = run("data", d + "/objects.npy")
check(r.returncode != 0 and "cannot be read" in r.stderr, "pickled objects are refused: " + r.stderr.strip())

whole = open(d + "/data.npz", "rb").read()
silent = 0
for at in range(0, len(whole), 7):
    bad = bytearray(whole)
    bad[at] ^= 0x55
    open(d + "/bad.npz", "wb").write(bad)
    b = run("data", d + "/bad.npz")
    if b.returncode not in (0, 1):
        silent += 1
check(silent == 0, "flipped bytes of an npz end in a result or an error")
print("1..%d" % n)
PY
