# SPDX-License-Identifier: Apache-2.0
# oracle_signal.py - CTC against torch and a search of all paths, quantization against its formulas.
import itertools
import numpy as np
from oracle import case, rng, torch, F


def path_probability(y, labels):
    times, classes = y.shape
    blank, total = classes - 1, 0.0
    for path in itertools.product(range(classes), repeat=times):
        merged = [c for i, c in enumerate(path) if i == 0 or c != path[i - 1]]
        if [c for c in merged if c != blank] == list(labels):
            total += np.prod([y[t, c] for t, c in enumerate(path)])
    return total


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def ctc():
    x = rng.uniform(-2, 2, (4, 3, 3))
    labels = [[0], [1, 0], [0, 0]]
    lengths = np.array([4, 3, 4], np.int32)
    indices = np.array([[b, i] for b, l in enumerate(labels) for i in range(len(l))], np.int64)
    values = np.array([v for l in labels for v in l], np.int32)
    want = [-np.log(path_probability(softmax(x[:lengths[b], b]), labels[b])) for b in range(3)]
    case('CTCLoss', '', [x, indices, values, lengths], [np.array(want)], 1e-10)
    # greedy: the best of every frame, repeats merged where asked
    best = x.argmax(-1)
    for merge in [False, True]:
        out = []
        for b in range(3):
            row = best[:lengths[b], b]
            out.append([c for i, c in enumerate(row) if c != 2 and not (merge and i and row[i - 1] == c)])
        where = np.array([[b, i] for b, l in enumerate(out) for i in range(len(l))], np.int64).reshape(-1, 2)
        score = -np.array([[x[:lengths[b], b].max(-1).sum()] for b in range(3)])
        case('CTCGreedyDecoder', 'merge_repeated=' + str(merge).lower(), [x, lengths],
             [where, np.array([v for l in out for v in l], np.int64), np.array([3, max(map(len, out))], np.int64), score], 1e-12)
    # a beam wide enough for every prefix finds the most probable labelling, with its true probability
    every = [list(l) for n in range(5) for l in itertools.product(range(2), repeat=n)]
    tops, scores = [], []
    for b in range(3):
        p = [path_probability(softmax(x[:lengths[b], b]), l) for l in every]
        tops.append(every[int(np.argmax(p))])
        scores.append([np.log(max(p))])
    where = np.array([[b, i] for b, l in enumerate(tops) for i in range(len(l))], np.int64).reshape(-1, 2)
    case('CTCBeamSearchDecoder', 'beam_width=64 top_paths=1 merge_repeated=false', [x, lengths],
         [where, np.array([v for l in tops for v in l], np.int64), np.array([3, max(map(len, tops))], np.int64), np.array(scores)], 1e-10)
    if torch:
        x = rng.uniform(-3, 3, (30, 4, 8))
        labels = [rng.randint(0, 7, n) for n in [1, 5, 9, 12]]
        lengths = np.array([30, 28, 30, 29], np.int32)
        indices = np.array([[b, i] for b, l in enumerate(labels) for i in range(len(l))], np.int64)
        values = np.concatenate(labels).astype(np.int32)
        t = torch.tensor(x).requires_grad_()
        loss = F.ctc_loss(F.log_softmax(t, 2), torch.tensor(values.astype(np.int64)), torch.tensor(lengths.astype(np.int64)),
                          torch.tensor([len(l) for l in labels]), blank=7, reduction='none')
        loss.sum().backward()
        case('CTCLoss', '', [x, indices, values, lengths], [loss.detach().numpy(), t.grad.numpy()], 1e-9)


def fake(x, lo, hi, bits=8, narrow=False):
    first, last = np.float32(narrow), np.float32(2 ** bits - 1)
    scale = np.float32((hi - lo) / (last - first))
    zero = np.clip(np.round(first - lo / scale), first, last)
    low, high = (first - zero) * scale, (last - zero) * scale
    return np.floor((np.clip(x, low, high) - low) / scale + 0.5) * scale + low


def quantize():
    x = rng.uniform(-5, 5, (4, 3)).astype(np.float32)
    for lo, hi, bits, narrow in [(-3.0, 3.5, 8, False), (-1.0, 2.0, 4, True), (-0.1, 6.0, 8, False)]:
        attrs = 'num_bits=%d narrow_range=%s' % (bits, str(narrow).lower())
        want = fake(x.astype(np.float64), lo, hi, bits, narrow).astype(np.float32)
        case('FakeQuantWithMinMaxArgs', attrs + ' min=%r max=%r' % (lo, hi), [x], [want], 1e-5)
        case('FakeQuantWithMinMaxVars', attrs, [x, np.float32(lo), np.float32(hi)], [want], 1e-5)
        case('FakeQuantWithMinMaxVarsPerChannel', attrs, [x, np.full(3, lo, np.float32), np.full(3, hi, np.float32)], [want], 1e-5)
    x = rng.uniform(-3, 3, 50)
    for signed, lo, hi in [(True, -2.0, 1.0), (True, -1.0, 2.5), (False, 0.0, 2.0)]:
        first, last = (-128, 127) if signed else (0, 255)
        scales = [last / hi] + ([first / lo] if lo < 0 else [])
        s = min(scales)
        want = np.round(np.clip(x, first / s, last / s) * s) / s
        case('QuantizeAndDequantizeV2', 'range_given=true signed_input=' + str(signed).lower(), [x, np.float64(lo), np.float64(hi)], [want], 1e-9)


ctc()
quantize()
