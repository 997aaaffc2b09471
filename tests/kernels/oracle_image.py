# SPDX-License-Identifier: Apache-2.0
# oracle_image.py - images: sizes, crops and colours against torch and plain loops; einsums against numpy.
import colorsys
import math
import numpy as np
from oracle import case, real, rng

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    torch = None

SIZES = [((1, 4, 5, 2), (7, 3)), ((2, 3, 3, 1), (6, 6)), ((1, 6, 4, 3), (3, 2)), ((1, 2, 2, 1), (1, 1)), ((1, 5, 7, 2), (5, 7))]


def place(i, scale, half):
    return (i + 0.5) * scale - 0.5 if half else i * scale


def scale(n, m, align):
    return (n - 1) / (m - 1) if align and m > 1 else n / m


def bilinear(x, size, align, half):
    b, h, w, c = x.shape
    out = np.zeros((b,) + size + (c,))
    grad = np.zeros((size[0] * size[1], h * w))
    for i in range(size[0]):
        for j in range(size[1]):
            y, z = place(i, scale(h, size[0], align), half), place(j, scale(w, size[1], align), half)
            for yy, py in [(max(math.floor(y), 0), 1 - (y - math.floor(y))), (min(math.ceil(y), h - 1), y - math.floor(y))]:
                for zz, pz in [(max(math.floor(z), 0), 1 - (z - math.floor(z))), (min(math.ceil(z), w - 1), z - math.floor(z))]:
                    out[:, i, j] += py * pz * x[:, yy, zz]
                    grad[i * size[1] + j, yy * w + zz] += py * pz
    return out, grad


def resizing():
    for shape, size in SIZES:
        for align, half in [(False, False), (True, False), (False, True)]:
            attrs = 'align_corners=%s half_pixel_centers=%s' % (str(align).lower(), str(half).lower())
            x = real(*shape)
            want, grad = bilinear(x.astype(np.float64), size, align, half)
            case('ResizeBilinear', attrs, [x, np.array(size, np.int32)], [want.astype(np.float32)], 1e-5)
            dy = real(shape[0], size[0], size[1], shape[3])
            back = np.einsum('ip,bic->bpc', grad, dy.reshape(shape[0], -1, shape[3]).astype(np.float64)).reshape(shape)
            case('ResizeBilinearGrad', attrs, [dy, x], [back.astype(np.float32)], 1e-4)
            case('ResizeBilinearGrad', attrs, [dy, x.astype(np.float64)], [back], 1e-4)
            h, w = shape[1:3]

            def near(i, n, m):
                at = (i + 0.5) * scale(n, m, align) if half else i * scale(n, m, align)
                return min(math.floor(at + 0.5) if align else math.floor(at), n - 1)
            rows, cols = [near(i, h, size[0]) for i in range(size[0])], [near(j, w, size[1]) for j in range(size[1])]
            case('ResizeNearestNeighbor', attrs, [x, np.array(size, np.int32)], [x[:, rows][:, :, cols]])
            back = np.zeros(shape)
            for i, r in enumerate(rows):
                for j, q in enumerate(cols):
                    back[:, r, q] += dy[:, i, j]
            case('ResizeNearestNeighborGrad', attrs, [dy, np.array([h, w], np.int32)], [back.astype(np.float32)], 1e-5)
        if torch is not None:
            t = torch.tensor(x.astype(np.float64)).permute(0, 3, 1, 2).requires_grad_(True)
            y = F.interpolate(t, size=size, mode='bicubic', align_corners=True)
            y.backward(torch.tensor(dy.astype(np.float64)).permute(0, 3, 1, 2))
            if size[0] > 1:
                case('ResizeBicubic', 'align_corners=true', [x, np.array(size, np.int32)], [y.detach().permute(0, 2, 3, 1).numpy().astype(np.float32)], 6e-3)
                case('ResizeBicubicGrad', 'align_corners=true', [dy, x], [t.grad.permute(0, 2, 3, 1).numpy().astype(np.float32)], 6e-3)
    x = real(1, 4, 6, 2)
    case('ResizeArea', '', [x, np.array([2, 3], np.int32)], [x.reshape(1, 2, 2, 3, 2, 2).mean((2, 4))], 1e-5)
    x = np.arange(3, dtype=np.uint8).reshape(1, 1, 3, 1)
    case('ResizeArea', '', [x, np.array([1, 2], np.int32)], [np.array([1 / 3, 5 / 3], np.float32).reshape(1, 1, 2, 1)], 1e-5)


def crops():
    x = real(2, 5, 6, 2)
    boxes = np.array([[0, 0, 1, 1], [0.2, 0.1, 0.7, 0.9], [0.8, 0.8, 0.2, 0.2], [-0.5, 0, 0.5, 1]], np.float32)
    ind = np.array([0, 1, 1, 0], np.int32)
    n, m = 3, 4
    for method in ['bilinear', 'nearest']:
        out = np.full((4, n, m, 2), 7.0)
        back = np.zeros(x.shape)
        dy = real(4, n, m, 2)
        for b in range(4):
            for i in range(n):
                for j in range(m):
                    y = boxes[b, 0] * 4 + i * (boxes[b, 2] - boxes[b, 0]) * 4 / (n - 1)
                    z = boxes[b, 1] * 5 + j * (boxes[b, 3] - boxes[b, 1]) * 5 / (m - 1)
                    if y < 0 or y > 4 or z < 0 or z > 5:
                        continue
                    fy, fz = math.floor(y), math.floor(z)
                    if method == 'nearest':
                        parts = [(round(float(y)), round(float(z)), 1)]
                    else:
                        parts = [(fy, fz, (1 - y + fy) * (1 - z + fz)), (fy, math.ceil(z), (1 - y + fy) * (z - fz)),
                                 (math.ceil(y), fz, (y - fy) * (1 - z + fz)), (math.ceil(y), math.ceil(z), (y - fy) * (z - fz))]
                    out[b, i, j] = sum(p * x[ind[b], yy, zz].astype(np.float64) for yy, zz, p in parts)
                    for yy, zz, p in parts:
                        back[ind[b], yy, zz] += p * dy[b, i, j]
        if method == 'bilinear':
            case('CropAndResize', 'extrapolation_value=7', [x, boxes, ind, np.array([n, m], np.int32)], [out.astype(np.float32)], 1e-4)
            case('CropAndResizeGradImage', 'T=float', [dy, boxes, ind, np.array(x.shape, np.int32)], [back.astype(np.float32)], 1e-4)


def colours():
    x = rng.uniform(0, 1, (2, 3, 3)).astype(np.float32)
    hsv = np.array([colorsys.rgb_to_hsv(*map(float, p)) for p in x.reshape(-1, 3)]).reshape(x.shape)
    case('RGBToHSV', '', [x], [hsv.astype(np.float32)], 1e-5)
    case('HSVToRGB', '', [hsv.astype(np.float32)], [x], 1e-5)
    hue = np.array([colorsys.hsv_to_rgb((p[0] + 0.3) % 1, p[1], p[2]) for p in hsv.reshape(-1, 3)]).reshape(x.shape)
    case('AdjustHue', '', [x, np.float32(0.3)], [hue.astype(np.float32)], 1e-5)
    sat = np.array([colorsys.hsv_to_rgb(p[0], min(p[1] * 1.5, 1), p[2]) for p in hsv.reshape(-1, 3)]).reshape(x.shape)
    case('AdjustSaturation', '', [x, np.float32(1.5)], [sat.astype(np.float32)], 1e-5)
    mean = x.mean((0, 1), keepdims=True)
    case('AdjustContrastv2', '', [x, np.float32(2)], [(x - mean) * 2 + mean], 1e-5)


def suppression():
    boxes = np.array([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [0, 10.1, 1, 11.1], [0, 100, 1, 101]], np.float32)
    scores = np.array([.9, .75, .6, .95, .5, .3], np.float32)
    i32 = np.int32
    case('NonMaxSuppression', 'iou_threshold=0.5', [boxes, scores, i32(3)], [np.array([3, 0, 5], np.int32)])
    case('NonMaxSuppressionV2', '', [boxes, scores, i32(2), np.float32(0.5)], [np.array([3, 0], np.int32)])
    case('NonMaxSuppressionV3', '', [boxes, scores, i32(6), np.float32(0.5), np.float32(0.4)], [np.array([3, 0], np.int32)])
    case('NonMaxSuppressionV4', 'pad_to_max_output_size=true', [boxes, scores, i32(5), np.float32(0.5), np.float32(0)],
         [np.array([3, 0, 5, 0, 0], np.int32), np.array(3, np.int32)])
    case('NonMaxSuppressionV5', '', [boxes, scores, i32(6), np.float32(1), np.float32(0), np.float32(0.5)],
         [np.array([3, 0, 1, 5, 4, 2], np.int32), np.array([0.95, 0.9, 0.384, 0.3, 0.256, 0.197], np.float32), np.array(6, np.int32)], 4e-3)


def einsums():
    for eq, shapes in [('ij,jk->ik', [(2, 3), (3, 4)]), ('bij,bjk->bik', [(2, 3, 4), (2, 4, 5)]), ('ij->ji', [(2, 3)]), ('abc->ca', [(2, 3, 4)]),
                       ('ii->', [(3, 3)]), ('iij->j', [(2, 2, 3)]), ('...ij,...jk->...ik', [(2, 1, 3, 4), (5, 4, 2)]), ('ab,ab->', [(3, 4), (3, 4)]),
                       ('i,j->ij', [(3,), (4,)]), ('abc,cde->abde', [(2, 3, 4), (4, 2, 2)]), ('ab,cd->a', [(2, 3), (4, 5)]), ('aab,b->a', [(3, 3, 2), (2,)])]:
        for dtype in [np.float32, np.float64, np.int32]:
            x = [real(*s).astype(dtype) if dtype != np.int32 else rng.randint(-4, 5, s).astype(np.int32) for s in shapes]
            case('Einsum', 'equation=' + eq, x, [np.einsum(eq, *[v.astype(np.float64) for v in x]).astype(dtype)], 1e-4)


def run():
    resizing()
    crops()
    colours()
    suppression()
    einsums()


if __name__ == '__main__':
    run()
