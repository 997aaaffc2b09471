# SPDX-License-Identifier: Apache-2.0
"""events.py - event files and summary databases without mgreg: an independent writer and reader for t-events.sh.

  events.py write FILE LINE...   LINE: version | scalar STEP TIME TAG VALUE | tensor STEP TIME TAG VALUE | start STEP TIME |
                                 checkpoint STEP TIME PATH | histo STEP TIME TAG | graph TIME | meta TIME | old | junk
  events.py append FILE LINE...
  events.py read FILE            the same lines, as far as they are known
  events.py db FILE              TensorFlow's summary database with a run of scalars, a string and a graph
"""
import struct
import sys

TABLE = []
for n in range(256):
    for _ in range(8):
        n = (n >> 1) ^ (0x82F63B78 if n & 1 else 0)
    TABLE.append(n)


def masked(data):
    c = 0xFFFFFFFF
    for b in data:
        c = TABLE[(c ^ b) & 255] ^ (c >> 8)
    c ^= 0xFFFFFFFF
    return (((c >> 15) | (c << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def record(data):
    head = struct.pack('<Q', len(data))
    return head + struct.pack('<I', masked(head)) + data + struct.pack('<I', masked(data))


def varint(n):
    n &= (1 << 64) - 1
    out = b''
    while n >= 128:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def num(field, n):
    return varint(field << 3) + varint(n)


def data(field, b):
    return varint(field << 3 | 2) + varint(len(b)) + b


def f64(field, x):
    return varint(field << 3 | 1) + struct.pack('<d', x)


def event(time, step, what):
    return f64(1, float(time)) + (num(2, int(step)) if int(step) else b'') + what


def graph():
    return data(1, data(1, b'a') + data(2, b'NoOp')) + data(4, num(1, 27))


def line(text):
    w = text.split()
    if w[0] == 'version':
        return event(w[1] if len(w) > 1 else 1, 0, data(3, b'brain.Event:2'))
    if w[0] == 'old':
        return event(1, 0, data(3, b'brain.Event:1'))
    if w[0] == 'scalar':
        return event(w[2], w[1], data(5, data(1, data(1, w[3].encode()) + varint(2 << 3 | 5) + struct.pack('<f', float(w[4])))))
    if w[0] == 'tensor':
        t = num(1, 2) + data(2, b'') + data(4, struct.pack('<d', float(w[4])))
        return event(w[2], w[1], data(5, data(1, data(1, w[3].encode()) + data(8, t) + data(9, data(1, data(1, b'scalars'))))))
    if w[0] == 'histo':
        h = f64(1, 0) + f64(2, 1) + f64(3, 2) + data(6, struct.pack('<2d', 0.5, 1)) + data(7, struct.pack('<2d', 1, 1))
        return event(w[2], w[1], data(5, data(1, data(1, w[3].encode()) + data(5, h))))
    if w[0] == 'start':
        return event(w[2], w[1], data(7, num(1, 1)))
    if w[0] == 'checkpoint':
        return event(w[2], w[1], data(7, num(1, 3) + data(2, w[3].encode())))
    if w[0] == 'graph':
        return event(w[1], 0, data(4, graph()))
    if w[0] == 'meta':
        return event(w[1], 0, data(9, data(1, data(5, b'1.15.0')) + data(2, graph())))
    if w[0] == 'junk':
        return b'\x0a\xff'
    raise SystemExit('what is ' + text)


def fields(b):
    at = 0

    def vi():
        nonlocal at
        n = s = 0
        while True:
            c = b[at]
            at += 1
            n |= (c & 127) << s
            s += 7
            if c < 128:
                return n
    while at < len(b):
        k = vi()
        if k & 7 == 0:
            yield k >> 3, vi()
        elif k & 7 == 1:
            yield k >> 3, struct.unpack_from('<d', b, at)[0]
            at += 8
        elif k & 7 == 5:
            yield k >> 3, struct.unpack_from('<f', b, at)[0]
            at += 4
        else:
            n = vi()
            yield k >> 3, b[at:at + n]
            at += n


def read(path):
    b = open(path, 'rb').read()
    at = 0
    while at < len(b):
        n, = struct.unpack_from('<Q', b, at)
        body = b[at + 12:at + 12 + n]
        assert record(body) == b[at:at + 16 + n], 'bad checksum'
        at += 16 + n
        e = dict(fields(body))
        step = e.get(2, 0)
        if 3 in e:
            print('version', e[3].decode(), '%.0f' % e[1])
        for k in (4, 9):
            if k in e:
                print({4: 'graph', 9: 'meta'}[k], len(e[k]))
        for _, v in fields(e.get(5, b'')):
            v = dict(fields(v))
            if 2 in v:
                print('scalar', step, '%.3f' % e[1], v[1].decode(), '%.9g' % v[2])
            elif 8 in v:
                t = dict(fields(v[8]))
                print('tensor', step, '%.3f' % e[1], v[1].decode(), '%.17g' % struct.unpack('<d', t.get(6, t.get(4)))[0])
            else:
                print('value', step, '%.3f' % e[1], v[1].decode(), max(k for k in v if k != 1))
        if 7 in e:
            s = dict(fields(e[7]))
            print('session', {1: 'start', 2: 'stop', 3: 'checkpoint'}[s.get(1)], step, s.get(2, b'').decode())


def db(path):
    import sqlite3
    c = sqlite3.connect(path)
    c.executescript('''PRAGMA application_id = 0xFEEDABEE;
CREATE TABLE Ids (id INTEGER PRIMARY KEY);
CREATE TABLE Tensors (rowid INTEGER PRIMARY KEY, series INTEGER, step INTEGER, dtype INTEGER, computed_time REAL, shape TEXT, data BLOB);
CREATE TABLE TensorStrings (rowid INTEGER PRIMARY KEY, tensor_rowid INTEGER NOT NULL, idx INTEGER NOT NULL, data BLOB);
CREATE TABLE Tags (rowid INTEGER PRIMARY KEY, run_id INTEGER, tag_id INTEGER NOT NULL, inserted_time DOUBLE, tag_name TEXT,
  display_name TEXT, plugin_name TEXT, plugin_data BLOB);
CREATE TABLE Runs (rowid INTEGER PRIMARY KEY, experiment_id INTEGER, run_id INTEGER NOT NULL, inserted_time REAL, started_time REAL,
  finished_time REAL, run_name TEXT);
CREATE TABLE Experiments (rowid INTEGER PRIMARY KEY, user_id INTEGER, experiment_id INTEGER NOT NULL, inserted_time REAL,
  started_time REAL, is_watching INTEGER, experiment_name TEXT);
CREATE TABLE Graphs (rowid INTEGER PRIMARY KEY, run_id INTEGER, graph_id INTEGER NOT NULL, inserted_time REAL, graph_def BLOB);
CREATE TABLE Nodes (rowid INTEGER PRIMARY KEY, graph_id INTEGER NOT NULL, node_id INTEGER NOT NULL, node_name TEXT, op TEXT,
  device TEXT, node_def BLOB);
CREATE TABLE NodeInputs (rowid INTEGER PRIMARY KEY, graph_id INTEGER NOT NULL, node_id INTEGER NOT NULL, idx INTEGER NOT NULL,
  input_node_id INTEGER NOT NULL, input_node_idx INTEGER, is_control INTEGER);
INSERT INTO Runs (run_id, experiment_id, run_name) VALUES (5, 4, 'train');
INSERT INTO Tags (run_id, tag_id, tag_name, plugin_name) VALUES (5, 6, 'loss', 'scalars'), (5, 7, 'words', 'text');
INSERT INTO Graphs (run_id, graph_id, inserted_time, graph_def) VALUES (5, 8, 10.0, x'2202081b');
INSERT INTO Nodes (graph_id, node_id, node_name, op, device, node_def) VALUES (8, 0, 'a', 'Const', '', x''), (8, 1, 'b', 'Identity', '', x'');
INSERT INTO NodeInputs (graph_id, node_id, idx, input_node_id, input_node_idx, is_control) VALUES (8, 1, 0, 0, 0, 0), (8, 1, 1, 0, NULL, 1);
''')
    for i in range(3):
        c.execute('INSERT INTO Tensors (series, step, dtype, computed_time, shape, data) VALUES (6, ?, 1, ?, \'\', ?)',
                  (i, 10.5 + i, struct.pack('<f', 0.5 / (i + 1))))
    c.execute("INSERT INTO Tensors (series, step, dtype, computed_time, shape, data) VALUES (6, 9, 1, 20, '3', x'00')")
    c.execute("INSERT INTO Tensors (series, step, dtype, computed_time, shape) VALUES (6, 10, NULL, 20, '')")
    c.execute("INSERT INTO Tensors (rowid, series, step, dtype, computed_time, shape) VALUES (99, 7, 1, 7, 20, '2')")
    c.execute("INSERT INTO TensorStrings (tensor_rowid, idx, data) VALUES (99, 0, 'x'), (99, 1, 'yy')")
    c.commit()


verb, path, *lines = sys.argv[1:]
if verb == 'read':
    read(path)
elif verb == 'db':
    db(path)
else:
    with open(path, 'ab' if verb == 'append' else 'wb') as f:
        for text in lines:
            f.write(record(line(text)))
