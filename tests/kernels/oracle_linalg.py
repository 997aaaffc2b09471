# SPDX-License-Identifier: Apache-2.0
# oracle_linalg.py - decompositions and solvers against numpy; what is unique is compared, what is not through its product.
import numpy as np
from oracle import case, rng


def matrix(*shape, dtype=np.float64):
    x = rng.uniform(-1, 1, shape)
    if np.issubdtype(dtype, np.complexfloating):
        x = x + 1j * rng.uniform(-1, 1, shape)
    return x.astype(dtype)


def h(x):
    return np.conj(np.swapaxes(x, -1, -2))


def run():
    for batch in [(), (3,), (2, 2)]:
        for n in [1, 2, 5]:
            for dtype, eps in [(np.float64, 1e-10), (np.float32, 2e-4)]:
                a, b = matrix(*batch, n, n, dtype=dtype), matrix(*batch, n, 3, dtype=dtype)
                a += 2 * np.eye(n, dtype=dtype)
                wide = a.astype(np.float64)
                spd = (wide @ h(wide) + np.eye(n)).astype(dtype)
                case('MatrixInverse', '', [a], [np.linalg.inv(wide).astype(dtype)], eps)
                case('MatrixInverse', 'adjoint=true', [a], [np.linalg.inv(h(wide)).astype(dtype)], eps)
                case('MatrixDeterminant', '', [a], [np.asarray(np.linalg.det(wide)).astype(dtype)], eps)
                sign, log = np.linalg.slogdet(wide)
                case('LogMatrixDeterminant', '', [a], [np.asarray(sign).astype(dtype), np.asarray(log).astype(dtype)], eps)
                case('MatrixSolve', '', [a, b], [np.linalg.solve(wide, b).astype(dtype)], eps)
                case('MatrixSolve', 'adjoint=true', [a, b], [np.linalg.solve(h(wide), b).astype(dtype)], eps)
                case('MatrixTriangularSolve', '', [a, b], [np.linalg.solve(np.tril(wide), b).astype(dtype)], eps)
                case('MatrixTriangularSolve', 'lower=false', [a, b], [np.linalg.solve(np.triu(wide), b).astype(dtype)], eps)
                case('MatrixTriangularSolve', 'adjoint=true', [a, b], [np.linalg.solve(h(np.tril(wide)), b).astype(dtype)], eps)
                case('Cholesky', '', [spd], [np.linalg.cholesky(spd.astype(np.float64)).astype(dtype)], eps)
                e = np.linalg.eigvalsh(spd.astype(np.float64))
                case('SelfAdjointEigV2', 'compute_v=false', [spd], [e.astype(dtype)], eps)
                s = np.linalg.svd(wide, compute_uv=False)
                case('Svd', 'compute_uv=false', [a], [s.astype(dtype)], eps)
    for m, n in [(4, 2), (2, 4), (3, 3)]:
        a, b = matrix(2, m, n), matrix(2, m, 2)
        for fast in ['true', 'false']:
            x = np.stack([np.linalg.lstsq(a[i], b[i], rcond=None)[0] for i in range(2)])
            case('MatrixSolveLs', 'fast=' + fast, [a, b, np.float64(0)], [x], 1e-7)
        x = np.linalg.solve(h(a) @ a + 0.5 * np.eye(n), h(a) @ b)
        case('MatrixSolveLs', 'fast=true', [a, b, np.float64(0.5)], [x], 1e-9)
    for n in [1, 3, 6]:
        a = matrix(n, n)
        series, term = np.eye(n), np.eye(n)
        for i in range(1, 60):
            term = term @ a / i
            series = series + term
        case('MatrixExponential', '', [a], [series], 1e-10)
        case('MatrixExponential', '', [a * 16], [np.linalg.matrix_power(series, 16)], 1e-7)
        spd = a @ a.T + np.eye(n)
        e, v = np.linalg.eigh(spd)
        case('MatrixSquareRoot', '', [spd], [v @ np.diag(np.sqrt(e)) @ v.T], 1e-9)
    for n in [1, 2, 5]:
        main, up, low = rng.uniform(3, 4, n), rng.uniform(-1, 1, n), rng.uniform(-1, 1, n)
        full = np.diag(main) + np.diag(up[:-1], 1) + np.diag(low[1:], -1)
        b = matrix(n, 2)
        case('TridiagonalSolve', '', [np.stack([up, main, low]), b], [np.linalg.solve(full, b)], 1e-10)


run()
