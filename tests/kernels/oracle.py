# SPDX-License-Identifier: Apache-2.0
# oracle.py - random cases with the answers of numpy and, where it is installed, torch; one line each, for kernel-cases.
import itertools
import json
import random
import numpy as np

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    torch = None

random.seed(20)
rng = np.random.RandomState(20)
NAMES = {'float32': 'float', 'float64': 'double', 'float16': 'half', 'bool': 'bool'}


def text(a):
    a = np.asarray(a)
    name = NAMES.get(str(a.dtype), str(a.dtype))
    flat = a.astype(np.float64) if a.dtype == np.float16 else a
    values = [('NaN' if v != v else 'Infinity' if v > 0 else '-Infinity') if isinstance(v, float) and not np.isfinite(v) else v
              for v in flat.ravel().tolist()]
    return '%s(%s):%s' % (name, ','.join(map(str, a.shape)), json.dumps(values))


def case(op, attrs, inputs, outputs, tolerance=0):
    print('\t'.join([op, attrs, repr(tolerance), ';'.join(map(text, inputs)), ';'.join(map(text, outputs))]))


def real(*shape, dtype=np.float32):
    return rng.uniform(-2, 2, shape).astype(dtype)


def whole(*shape, dtype=np.int32, low=-9, high=10):
    return rng.randint(low, high, shape).astype(dtype)


def broadcast_pair():
    rank = random.randint(0, 5)
    shape = [random.choice([1, 2, 3, 5]) for _ in range(rank)]
    both = []
    for _ in range(2):
        s = [d if random.random() < 0.7 else 1 for d in shape]
        both.append(s[random.randint(0, rank):] if random.random() < 0.3 else s)
    return both


def elementwise():
    ops = {'Add': np.add, 'Sub': np.subtract, 'Mul': np.multiply, 'Maximum': np.maximum, 'Minimum': np.minimum,
           'Less': np.less, 'Equal': np.equal, 'FloorMod': np.mod, 'Mod': np.fmod, 'FloorDiv': np.floor_divide}
    for _ in range(60):
        a, b = broadcast_pair()
        op = random.choice(list(ops))
        wide = [np.float32, np.float64, np.int32, np.int64]
        few = op in ('Maximum', 'Minimum', 'Mod', 'FloorMod')
        dtype = random.choice(wide if few else wide + [np.int16, np.uint8])
        x, y = whole(*a, dtype=dtype, low=0 if dtype == np.uint8 else -9), whole(*b, dtype=dtype, low=1)
        case(op, '', [x, y], [ops[op](x, y)], 1e-12)  # the sign of a zero remainder is left open
    for op, f in [('Exp', np.exp), ('Tanh', np.tanh), ('Sigmoid', lambda v: 1 / (1 + np.exp(-v))), ('Log1p', np.log1p)]:
        x = rng.uniform(-0.9, 9, 1000).astype(np.float32)
        case(op, '', [x], [f(x.astype(np.float64)).astype(np.float32)], 2e-6)


def reductions():
    ops = {'Sum': np.sum, 'Prod': np.prod, 'Max': np.max, 'Min': np.min, 'Mean': np.mean}
    for _ in range(60):
        rank = random.randint(1, 5)
        shape = [random.choice([1, 2, 3, 4]) for _ in range(rank)]
        axes = tuple(sorted(random.sample(range(rank), random.randint(0, rank))))
        keep = random.random() < 0.5
        op = random.choice(list(ops))
        x = real(*shape, dtype=random.choice([np.float32, np.float64]))
        want = ops[op](x.astype(np.float64), axis=axes, keepdims=keep) if axes else x
        signed = np.array([a - rank if random.random() < 0.5 else a for a in axes], dtype=np.int32)
        case(op, 'keep_dims=' + str(keep).lower(), [x, signed], [np.asarray(want).astype(x.dtype)], 1e-5)
    for n, m in [(100000, 1), (3, 70000), (70000, 3), (513, 129)]:
        x = real(n, m)
        for axis in range(2):
            case('Sum', '', [x, np.array([axis], np.int32)], [x.astype(np.float64).sum(axis).astype(np.float32)], 1e-3)
    for _ in range(10):
        x = whole(3, 4, 5)
        axis = random.randint(-3, 2)
        case('ArgMax', '', [x, np.int32(axis)], [x.argmax(axis).astype(np.int64)])
        case('ArgMin', '', [x, np.int32(axis)], [x.argmin(axis).astype(np.int64)])
        case('Cumsum', '', [x, np.int32(axis)], [np.cumsum(x, axis, dtype=np.int32)])


def strided_slices():
    for _ in range(150):
        rank = random.randint(1, 4)
        x = whole(*[random.choice([1, 2, 3, 5]) for _ in range(rank)])
        masks = dict.fromkeys(['begin', 'end', 'ellipsis', 'new_axis', 'shrink_axis'], 0)
        index, spec, used, ellipsis = [], [], 0, False
        for i in range(random.randint(1, rank + 2)):
            kind = random.random()
            dim = x.shape[used] if used < rank and not ellipsis else None
            if kind < 0.15 and not ellipsis:
                masks['ellipsis'] |= 1 << i
                ellipsis = True
                index.append(Ellipsis)
                spec.append((0, 0, 1))
            elif kind < 0.3:
                masks['new_axis'] |= 1 << i
                index.append(None)
                spec.append((0, 0, 1))
            elif dim is None:
                masks['new_axis'] |= 1 << i
                index.append(None)
                spec.append((0, 0, 1))
            elif kind < 0.45:
                at = random.randint(-dim, dim - 1)
                masks['shrink_axis'] |= 1 << i
                index.append(at)
                spec.append((at, 0, 1))
                used += 1
            else:
                b, e, s = random.randint(-6, 6), random.randint(-6, 6), random.choice([-2, -1, 1, 2, 3])
                bm, em = random.random() < 0.3, random.random() < 0.3
                masks['begin'] |= bm << i
                masks['end'] |= em << i
                index.append(slice(None if bm else b, None if em else e, s))
                spec.append((b, e, s))
                used += 1
        attrs = ' '.join('%s_mask=%d' % m for m in masks.items())
        vectors = [np.array([p[c] for p in spec], np.int32) for c in range(3)]
        want = x[tuple(index)]
        case('StridedSlice', attrs, [x] + vectors, [want])
        back = np.zeros(x.shape, np.float32)
        dy = real(*want.shape)
        back[tuple(index)] = dy
        case('StridedSliceGrad', attrs, [np.array(x.shape, np.int32)] + vectors + [dy], [back])


def layout():
    for _ in range(30):
        rank = random.randint(1, 5)
        x = whole(*[random.choice([1, 2, 3, 4]) for _ in range(rank)], dtype=random.choice([np.int8, np.int16, np.int32, np.int64]))
        perm = np.random.RandomState(random.randint(0, 999)).permutation(rank).astype(np.int32)
        case('Transpose', '', [x, perm], [x.transpose(perm)])
        times = whole(rank, low=0, high=4)
        case('Tile', '', [x, times], [np.tile(x, times)])
        pads = whole(rank, 2, low=0, high=3)
        case('Pad', '', [x, pads], [np.pad(x, pads)])
        axis = random.randint(0, rank - 1)
        case('ConcatV2', '', [x, x[tuple([slice(None)] * axis + [slice(0, 1)])], np.int32(axis)],
             [np.concatenate([x, x[tuple([slice(None)] * axis + [slice(0, 1)])]], axis)])
        axis = random.randint(0, rank)
        case('Pack', 'axis=%d' % axis, [x, x + 1], [np.stack([x, x + x.dtype.type(1)], axis)])
        pads = np.minimum(whole(rank, 2, low=0, high=3), np.array(x.shape)[:, None] - 1).astype(np.int32)
        case('MirrorPad', 'mode=REFLECT', [x, pads], [np.pad(x, pads, 'reflect')])
        pads = np.minimum(whole(rank, 2, low=0, high=4), np.array(x.shape)[:, None]).astype(np.int32)
        case('MirrorPad', 'mode=SYMMETRIC', [x, pads], [np.pad(x, pads, 'symmetric')])
        i = whole(2, 3, low=0, high=x.shape[0])
        case('Gather', '', [x, i], [x[i]])


def products():
    for m, n, k in [(1, 1, 1), (1, 7, 5), (5, 1, 7), (33, 65, 17), (100, 10, 32), (200, 300, 100)]:
        a, b = real(m, k), real(k, n)
        want = (a.astype(np.float64) @ b.astype(np.float64)).astype(np.float32)
        for ta, tb in itertools.product([False, True], repeat=2):
            case('MatMul', 'transpose_a=%s transpose_b=%s' % (str(ta).lower(), str(tb).lower()), [a.T if ta else a, b.T if tb else b],
                 [want], 1e-4)
    a, b = real(2, 1, 3, 4, dtype=np.float64), real(5, 4, 2, dtype=np.float64)
    case('BatchMatMulV2', '', [a, b], [a @ b], 1e-12)


def pad_same(size, k, stride, dilation):
    reach = (k - 1) * dilation + 1
    out = -(-size // stride)
    total = max(0, (out - 1) * stride + reach - size)
    return total // 2, total - total // 2


def windows():
    def nchw(a):
        return torch.tensor(a.transpose(0, 3, 1, 2))

    def nhwc(t):
        return t.detach().numpy().transpose(0, 2, 3, 1)

    for _ in range(40):
        n, h, w, c, o = random.randint(1, 3), random.randint(3, 9), random.randint(3, 9), random.randint(1, 4), random.randint(1, 5)
        kh, kw, s, d = random.randint(1, 3), random.randint(1, 3), random.randint(1, 3), random.choice([1, 1, 2])
        same = random.random() < 0.5
        if not same and ((kh - 1) * d + 1 > h or (kw - 1) * d + 1 > w):
            same = True
        ph, pw = (pad_same(h, kh, s, d), pad_same(w, kw, s, d)) if same else ((0, 0), (0, 0))
        dtype = random.choice([np.float32, np.float64])
        tolerance = 1e-4 if dtype == np.float32 else 1e-11
        x, f = real(n, h, w, c, dtype=dtype), real(kh, kw, c, o, dtype=dtype)
        depthwise = random.random() < 0.4
        tx, tf = nchw(x).requires_grad_(), torch.tensor(f).requires_grad_()
        padded = F.pad(tx, (pw[0], pw[1], ph[0], ph[1]))
        if depthwise:
            weight = tf.permute(2, 3, 0, 1).reshape(c * o, 1, kh, kw).contiguous()
            y = F.conv2d(padded, weight, stride=s, dilation=d, groups=c)
        else:
            y = F.conv2d(padded, tf.permute(3, 2, 0, 1).contiguous(), stride=s, dilation=d)
        dy = real(*nhwc(y).shape, dtype=dtype)
        y.backward(nchw(dy))
        attrs = 'strides=1,%d,%d,1 padding=%s dilations=1,%d,%d,1' % (s, s, 'SAME' if same else 'VALID', d, d)
        op = 'DepthwiseConv2dNative' if depthwise else 'Conv2D'
        case(op, attrs, [x, f], [nhwc(y)], tolerance)
        case(op + 'BackpropInput', attrs, [np.array(x.shape, np.int32), f, dy], [nhwc(tx.grad)], tolerance)
        case(op + 'BackpropFilter', attrs, [x, np.array(f.shape, np.int32), dy], [tf.grad.numpy()], tolerance)
        attrs = 'strides=1,1,%d,%d padding=%s dilations=1,1,%d,%d data_format=NCHW' % (s, s, 'SAME' if same else 'VALID', d, d)
        case(op, attrs, [x.transpose(0, 3, 1, 2), f], [y.detach().numpy()], tolerance)
    for _ in range(30):
        n, h, w, c = random.randint(1, 3), random.randint(2, 8), random.randint(2, 8), random.randint(1, 4)
        kh, kw, s = random.randint(1, 3), random.randint(1, 3), random.randint(1, 3)
        same = random.random() < 0.5 or kh > h or kw > w
        ph, pw = (pad_same(h, kh, s, 1), pad_same(w, kw, s, 1)) if same else ((0, 0), (0, 0))
        x = real(n, h, w, c)
        attrs = 'ksize=1,%d,%d,1 strides=1,%d,%d,1 padding=%s' % (kh, kw, s, s, 'SAME' if same else 'VALID')
        for op in ['MaxPool', 'AvgPool']:
            tx = nchw(x).requires_grad_()
            sides = (pw[0], pw[1], ph[0], ph[1])
            if op == 'MaxPool':
                y = F.max_pool2d(F.pad(tx, sides, value=-np.inf), (kh, kw), s)
            else:
                area = F.avg_pool2d(F.pad(torch.ones_like(tx), sides), (kh, kw), s)
                y = F.avg_pool2d(F.pad(tx, sides), (kh, kw), s) / area
            dy = real(*nhwc(y).shape)
            y.backward(nchw(dy))
            case(op, attrs, [x], [nhwc(y)], 1e-5)
            if op == 'MaxPool':
                case('MaxPoolGrad', attrs, [x, nhwc(y), dy], [nhwc(tx.grad)], 1e-5)
            else:
                case('AvgPoolGrad', attrs, [np.array(x.shape, np.int32), dy], [nhwc(tx.grad)], 1e-5)


def norms():
    for shape in [(2, 3, 4, 5), (1, 30, 40, 3)]:
        x, scale, offset, dy = real(*shape), real(shape[3]), real(shape[3]), real(*shape)
        t = [torch.tensor(v.astype(np.float64)).requires_grad_() for v in (x.transpose(0, 3, 1, 2), scale, offset)]
        y = F.batch_norm(t[0], None, None, t[1], t[2], training=True, eps=1e-3)
        y.backward(torch.tensor(dy.transpose(0, 3, 1, 2).astype(np.float64)))
        rows = x.reshape(-1, shape[3]).astype(np.float64)
        mean, var = rows.mean(0).astype(np.float32), rows.var(0).astype(np.float32)
        empty = np.zeros(0, np.float32)
        case('FusedBatchNorm', 'epsilon=0.001', [x, scale, offset, empty, empty],
             [y.detach().numpy().transpose(0, 2, 3, 1).astype(np.float32), mean, rows.var(0, ddof=1).astype(np.float32), mean, var], 1e-4)
        case('FusedBatchNormGrad', 'epsilon=0.001', [dy, x, scale, mean, var],
             [t[0].grad.numpy().transpose(0, 2, 3, 1).astype(np.float32), t[1].grad.numpy().astype(np.float32),
              t[2].grad.numpy().astype(np.float32), empty, empty], 2e-3)
    x = real(2, 3, 3, 7)
    y = F.local_response_norm(torch.tensor(x.transpose(0, 3, 1, 2)), 5, alpha=0.5 * 5, beta=0.75, k=2.0)
    case('LRN', 'depth_radius=2 bias=2 alpha=0.5 beta=0.75', [x], [y.numpy().transpose(0, 2, 3, 1)], 1e-5)
    for n, c in [(1, 1), (7, 10), (100, 33)]:
        z, p = real(n, c, dtype=np.float64) * 5, rng.dirichlet(np.ones(c), n)
        labels = whole(n, low=0, high=c)
        t = torch.tensor(z).requires_grad_()
        loss = F.cross_entropy(t, torch.tensor(p), reduction='none')
        loss.sum().backward()
        case('SoftmaxCrossEntropyWithLogits', '', [z, p], [loss.detach().numpy(), t.grad.numpy()], 1e-12)
        t = torch.tensor(z).requires_grad_()
        loss = F.cross_entropy(t, torch.tensor(labels.astype(np.int64)), reduction='none')
        loss.sum().backward()
        case('SparseSoftmaxCrossEntropyWithLogits', '', [z, labels], [loss.detach().numpy(), t.grad.numpy()], 1e-12)
        case('Softmax', '', [z.astype(np.float32)], [F.softmax(torch.tensor(z), 1).numpy().astype(np.float32)], 1e-6)
        case('LogSoftmax', '', [z], [F.log_softmax(torch.tensor(z), 1).numpy()], 1e-12)
    for op, f in [('Elu', F.elu), ('Selu', F.selu), ('Softsign', F.softsign), ('Relu6', F.relu6), ('Digamma', torch.digamma),
                  ('Lgamma', torch.lgamma), ('Erf', torch.erf), ('Erfc', torch.erfc), ('Expm1', torch.expm1)]:
        x = rng.uniform(-4, 4, 200)
        case(op, '', [x], [f(torch.tensor(x)).numpy()], 1e-11)
    a, x = rng.uniform(0.1, 30, 200), rng.uniform(0.1, 40, 200)
    case('Igamma', '', [a, x], [torch.special.gammainc(torch.tensor(a), torch.tensor(x)).numpy()], 1e-8)  # torch's own error
    case('Zeta', '', [a + 1.1, x], [torch.special.zeta(torch.tensor(a + 1.1), torch.tensor(x)).numpy()], 1e-11)


def run():
    elementwise()
    reductions()
    strided_slices()
    layout()
    products()
    if torch:
        windows()
        norms()


if __name__ == '__main__':
    run()
