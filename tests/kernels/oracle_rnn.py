# SPDX-License-Identifier: Apache-2.0
# oracle_rnn.py - recurrent cells written out in torch, forward and backward.
import numpy as np
from oracle import case, rng, torch


def leaf(*shape):
    return torch.tensor(rng.uniform(-0.8, 0.8, shape)).requires_grad_()


def out(*tensors):
    return [t.detach().numpy().astype(np.float32) for t in tensors]


def lstm(x, cs, h, w, wci, wcf, wco, b, forget, clip, peephole):
    gi, gci, gf, go = (torch.cat([x, h], 1) @ w + b).chunk(4, 1)
    p = 1.0 if peephole else 0.0
    i = torch.sigmoid(gi + p * cs * wci)
    ci = torch.tanh(gci)
    f = torch.sigmoid(gf + forget + p * cs * wcf)
    new = ci * i + cs * f
    if clip > 0:
        new = new.clamp(-clip, clip)
    o = torch.sigmoid(go + p * new * wco)
    co = torch.tanh(new)
    return [i, new, f, o, ci, co, co * o]


def run():
    for peephole in [False, True]:
        times, batch, inputs, cells = 4, 3, 5, 2
        a = [leaf(times, batch, inputs), leaf(batch, cells), leaf(batch, cells), leaf(inputs + cells, 4 * cells), leaf(cells), leaf(cells),
             leaf(cells), leaf(4 * cells)]
        attrs = 'use_peephole=%s forget_bias=0.5' % str(peephole).lower()
        steps, cs, h = [], a[1], a[2]
        for t in range(3):
            steps.append(lstm(a[0][t], cs, h, *a[3:], 0.5, 3.0, peephole))
            cs, h = steps[-1][1], steps[-1][6]
        zeros = torch.zeros(1, batch, cells, dtype=torch.float64)
        seq = [torch.cat([torch.stack([s[g] for s in steps]), zeros]) for g in range(7)]
        case('LSTMBlockCell', attrs, out(a[0][0], *a[1:]), out(*steps[0]), 1e-5)
        cs_grad, h_grad = leaf(times, batch, cells).detach(), leaf(times, batch, cells).detach()
        loss = (seq[1][:3] * cs_grad[:3]).sum() + (seq[6][:3] * h_grad[:3]).sum()
        grads = torch.autograd.grad(loss, a, allow_unused=True)
        grads = [g if g is not None else torch.zeros_like(v) for g, v in zip(grads, a)]
        case('BlockLSTM', attrs, [np.int64(3)] + out(*a), out(*seq), 1e-5)
        case('BlockLSTMGrad', 'use_peephole=' + str(peephole).lower(), [np.int64(3)] + out(*a, *seq, cs_grad, h_grad), out(*grads), 1e-5)
    batch, inputs, cells = 3, 4, 2
    x, h, w_ru, w_c, b_ru, b_c = leaf(batch, inputs), leaf(batch, cells), leaf(inputs + cells, 2 * cells), leaf(inputs + cells, cells), leaf(2 * cells), leaf(cells)
    r, u = torch.sigmoid(torch.cat([x, h], 1) @ w_ru + b_ru).chunk(2, 1)
    c = torch.tanh(torch.cat([x, r * h], 1) @ w_c + b_c)
    new = u * h + (1 - u) * c
    case('GRUBlockCell', '', out(x, h, w_ru, w_c, b_ru, b_c), out(r, u, c, new), 1e-5)
    d = leaf(batch, cells).detach()
    gx, gh = torch.autograd.grad((new * d).sum(), [x, h])
    case('GRUBlockCellGrad', '', out(x, h, w_ru, w_c, b_ru, b_c, r, u, c, d), out(gx, gh), 1e-5)


if torch:
    run()
