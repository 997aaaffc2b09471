# SPDX-License-Identifier: Apache-2.0
"""An independent reader of checkpoint V2: nothing but Python's standard library and the format's description.

    v2_reader.py PREFIX           one JSON line per tensor: name, dtype, shape, sha256 of its bytes (strings: of all, joined)
    v2_reader.py --values PREFIX  with the values of small numeric tensors

Every checksum, offset and size is looked at; what does not fit is an error (exit status 1).
"""
import hashlib
import json
import struct
import sys

POLY = 0x82F63B78
TABLE = []
for _n in range(256):
    for _ in range(8):
        _n = (_n >> 1) ^ (POLY if _n & 1 else 0)
    TABLE.append(_n)


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    table = TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def mask(crc):
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


class Bad(Exception):
    pass


def need(condition, text):
    if not condition:
        raise Bad(text)


def varint(data, at):
    value = shift = 0
    while True:
        need(at < len(data) and shift < 70, "varint")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


# ---- the table ----

def unsnap(data):
    """Snappy's raw format."""
    length, at = varint(data, 0)
    out = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        kind = tag & 3
        if kind == 0:
            size = tag >> 2
            if size >= 60:
                extra = size - 59
                size = int.from_bytes(data[at:at + extra], "little")
                at += extra
            size += 1
            out += data[at:at + size]
            at += size
            continue
        if kind == 1:
            size, offset = ((tag >> 2) & 7) + 4, (tag >> 5) << 8 | data[at]
            at += 1
        else:
            width = 2 if kind == 2 else 4
            size, offset = (tag >> 2) + 1, int.from_bytes(data[at:at + width], "little")
            at += width
        need(0 < offset <= len(out), "snappy offset")
        for _ in range(size):
            out.append(out[-offset])
    need(len(out) == length, "snappy length")
    return bytes(out)


def block(data, offset, size):
    need(offset + size + 5 <= len(data), "block outside the file")
    body, kind = data[offset:offset + size], data[offset + size]
    stored, = struct.unpack_from("<I", data, offset + size + 1)
    need(stored == mask(crc32c(data[offset:offset + size + 1])), "block checksum at %d" % offset)
    need(kind in (0, 1), "block type %d" % kind)
    return unsnap(body) if kind else body


def entries(body):
    need(len(body) >= 4, "short block")
    restarts, = struct.unpack_from("<I", body, len(body) - 4)
    end = len(body) - 4 - 4 * restarts
    need(end >= 0, "restarts")
    starts = struct.unpack_from("<%dI" % restarts, body, end)
    need(starts and starts[0] == 0, "first restart")
    at, key, seen = 0, b"", []
    while at < end:
        entry_at = at
        shared, at = varint(body, at)
        own, at = varint(body, at)
        size, at = varint(body, at)
        need(shared <= len(key) and at + own + size <= end, "entry")
        if entry_at in starts:
            need(shared == 0, "restart shares its key")
        new = key[:shared] + body[at:at + own]
        need(not seen or new > key, "keys do not rise")
        key = new
        value = body[at + own:at + own + size]
        at += own + size
        seen.append((key, value))
    return seen


def handle(data, at):
    offset, at = varint(data, at)
    size, at = varint(data, at)
    return offset, size, at


def read_table(path):
    with open(path, "rb") as f:
        data = f.read()
    need(len(data) >= 48 and data[-8:] == bytes.fromhex("57fb808b247547db"), "%s is no table" % path)
    footer = data[-48:]
    meta_offset, meta_size, at = handle(footer, 0)
    index_offset, index_size, at = handle(footer, at)
    need(entries(block(data, meta_offset, meta_size)) == [], "metaindex")
    found, last = [], None
    for separator, value in entries(block(data, index_offset, index_size)):
        offset, size, end = handle(value, 0)
        need(end == len(value), "handle")
        for key, entry in entries(block(data, offset, size)):
            need(last is None or key > last, "keys do not rise from block to block")
            need(key <= separator, "separator")
            found.append((key, entry))
            last = key
    return found


# ---- messages ----

def fields(data):
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            size, at = varint(data, at)
            need(at + size <= len(data), "message")
            value, at = data[at:at + size], at + size
        elif kind == 5:
            value, at = struct.unpack_from("<I", data, at)[0], at + 4
        elif kind == 1:
            value, at = struct.unpack_from("<Q", data, at)[0], at + 8
        else:
            raise Bad("wire type %d" % kind)
        yield number, value


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def read_shape(data):
    dims = []
    for number, value in fields(data):
        if number == 2:
            size = 0
            for n, v in fields(value):
                if n == 1:
                    size = signed(v)
            dims.append(size)
    return dims


def read_slice(data):
    extents = []
    for number, value in fields(data):
        if number == 1:
            start, length = 0, None
            for n, v in fields(value):
                if n == 1:
                    start = v
                elif n == 2:
                    length = v
            extents.append((start, length))
    return extents


def read_entry(data):
    e = dict(dtype=0, shape=None, shard=0, offset=0, size=0, crc=0, slices=[])
    for number, value in fields(data):
        if number == 1:
            e["dtype"] = value
        elif number == 2:
            e["shape"] = read_shape(value)
        elif number == 3:
            e["shard"] = value
        elif number == 4:
            e["offset"] = value
        elif number == 5:
            e["size"] = value
        elif number == 6:
            e["crc"] = value
        elif number == 7:
            e["slices"].append(read_slice(value))
    need(e["shape"] is not None, "entry without a shape")
    return e


# ---- keys of slices ----

def ordered(v):
    x = ~v if v < 0 else v
    size = x.bit_length() // 7 + 1
    if size == 1:
        return bytes([0x80 ^ (v & 0xFF)])
    raw = bytearray((v & ((1 << 80) - 1)).to_bytes(10, "big")[10 - size:])
    raw[0] ^= {2: 0xC0, 3: 0xE0, 4: 0xF0, 5: 0xF8, 6: 0xFC, 7: 0xFE}.get(size, 0xFF)
    raw[1] ^= {9: 0x80, 10: 0xC0}.get(size, 0)
    return bytes(raw)


def slice_key(name, extents):
    out = b"\x00"
    for byte in name:
        out += {0: b"\x00\xff", 255: b"\xff\x00"}.get(byte, bytes([byte]))
    rank = len(extents)
    out += b"\x00\x01" + (bytes([1, rank]) if rank else b"\x00")
    for start, length in extents:
        out += ordered(0 if length is None else start) + ordered(-1 if length is None else length)
    return out


# ---- tensors ----

SIZES = {1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 8: 8, 9: 8, 10: 1, 11: 1, 12: 1, 13: 4, 14: 2, 15: 2, 16: 2, 17: 2, 18: 16, 19: 2, 22: 4, 23: 8}
NAMES = {1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 8: "complex64", 9: "int64", 10: "bool",
         11: "qint8", 12: "quint8", 13: "qint32", 14: "bfloat16", 15: "qint16", 16: "quint16", 17: "uint16", 18: "complex128", 19: "float16",
         22: "uint32", 23: "uint64"}
CODES = {1: "f", 2: "d", 3: "i", 4: "B", 5: "h", 6: "b", 9: "q", 10: "?", 17: "H", 22: "I", 23: "Q"}


def count(shape):
    n = 1
    for d in shape:
        need(d >= 0, "dimension")
        n *= d
    return n


class Checkpoint:
    def __init__(self, prefix):
        self.prefix, self.entries, self.shards, self.used = prefix, {}, {}, {}
        table = read_table(prefix + ".index")
        need(table and table[0][0] == b"", "no header")
        self.num_shards, self.version = 0, {}
        for number, value in fields(table[0][1]):
            if number == 1:
                self.num_shards = value
            elif number == 2:
                need(value == 0, "byte order")
            elif number == 3:
                self.version = dict(fields(value))
        need(self.num_shards >= 1 and self.version.get(1) == 1, "header")
        for key, value in table[1:]:
            self.entries[key] = read_entry(value)

    def names(self):
        return [key for key in self.entries if key[:1] != b"\x00"]

    def shard(self, i):
        if i not in self.shards:
            with open("%s.data-%05d-of-%05d" % (self.prefix, i, self.num_shards), "rb") as f:
                self.shards[i] = f.read()
        return self.shards[i]

    def raw(self, e, name):
        data = self.shard(e["shard"])
        need(e["offset"] + e["size"] <= len(data), "%s lies beyond its shard" % name)
        self.used.setdefault(e["shard"], []).append((e["offset"], e["size"]))
        return data[e["offset"]:e["offset"] + e["size"]]

    def plain(self, e, name):
        raw, n = self.raw(e, name), count(e["shape"])
        if e["dtype"] != 7:
            need(len(raw) == n * SIZES[e["dtype"]], "%s has %d bytes" % (name, len(raw)))
            need(e["crc"] == mask(crc32c(raw)), "checksum of %s" % name)
            return raw
        at, lengths, crc = 0, [], 0
        for _ in range(n):
            size, at = varint(raw, at)
            lengths.append(size)
            crc = crc32c(struct.pack("<I", size), crc)
        need(struct.unpack_from("<I", raw, at)[0] == mask(crc), "lengths of %s" % name)
        crc = crc32c(raw[at:], crc)
        need(e["crc"] == mask(crc), "checksum of %s" % name)
        at += 4
        strings = []
        for size in lengths:
            strings.append(raw[at:at + size])
            at += size
        need(at == len(raw), "%s has bytes left" % name)
        return strings

    def read(self, key):
        e, name = self.entries[key], key.decode()
        if not e["slices"]:
            return self.plain(e, name)
        width, whole = SIZES[e["dtype"]], bytearray(count(e["shape"]) * SIZES[e["dtype"]])
        filled = 0
        for extents in e["slices"]:
            part = self.entries.get(slice_key(key, extents))
            need(part is not None, "a slice of %s is missing" % name)
            raw = self.plain(part, name)
            box = [(s, d if l is None else l) for (s, l), d in zip(extents, e["shape"])]
            need([l for _, l in box] == part["shape"], "shape of a slice of %s" % name)
            filled += count(part["shape"])
            self.place(whole, raw, box, e["shape"], width)
        need(filled == count(e["shape"]), "slices of %s" % name)
        return bytes(whole)

    @staticmethod
    def place(whole, raw, box, shape, width):
        def walk(dim, at, source):
            if dim == len(shape):
                whole[at * width:at * width + width] = raw[source * width:source * width + width]
                return
            start, length = box[dim]
            for i in range(length):
                walk(dim + 1, at * shape[dim] + start + i, source * length + i)
        walk(0, 0, 0)

    def check_gaps(self):
        """The bytes of all tensors fill the shards, nothing is left between them and nothing shared."""
        for i, places in self.used.items():
            at = 0
            for offset, size in sorted(places):
                need(size == 0 or offset == at, "gap or overlap at %d of shard %d" % (at, i))
                at = max(at, offset + size)
            need(at == len(self.shard(i)), "bytes at the end of shard %d" % i)


def main(args):
    values = args[:1] == ["--values"]
    prefix = args[1] if values else args[0]
    c = Checkpoint(prefix)
    for key in c.names():
        e, data = c.entries[key], c.read(key)
        line = dict(name=key.decode(), dtype=NAMES[e["dtype"]], shape=e["shape"])
        line["sha256"] = hashlib.sha256(b"".join(data) if isinstance(data, list) else data).hexdigest()
        if values and e["dtype"] in CODES and count(e["shape"]) <= 100:
            line["values"] = list(struct.unpack("<%d%s" % (count(e["shape"]), CODES[e["dtype"]]), data))
        print(json.dumps(line))
    c.check_gaps()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Bad, OSError, IndexError, KeyError, struct.error) as e:
        sys.exit("v2_reader: %s: %s" % (type(e).__name__, e))
