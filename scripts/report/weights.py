"""Recomputes the test losses of stored runs with numpy, from their weights alone, in the layout that docs/weights.md describes.

    python weights.py STORE

takes each run on MNIST with cross-entropy whose network has no layers but those of the homework, and ends with status 1 where a loss is another one.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import runs
from notebooks import ROOT

MNIST = Path(os.environ.get("HW1_DATA") or ROOT / "data") / "mnist"
KERNEL, POOL = 4, 2
BATCH = 500
PLAIN = {"input", "conv", "dense"}  # of an architecture without blocks of other kinds
ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "leaky-relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "tanh": np.tanh,
}
TOLERANCE = 1e-5  # of the loss: it was computed in single precision


def idx(name: str, header: int) -> np.ndarray:
    return np.frombuffer((MNIST / name).read_bytes()[header:], np.uint8)


def correlated(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """A convolution of images [n, height, width, in] with a kernel [side, side, in, out], without padding."""
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2))
    return np.tensordot(windows, kernel, axes=([4, 5, 3], [0, 1, 2]))


def pooled(x: np.ndarray) -> np.ndarray:
    n, height, width, channels = x.shape
    height, width = height // POOL, width // POOL
    x = x[:, : height * POOL, : width * POOL].reshape(n, height, POOL, width, POOL, channels)
    return x.max(axis=(2, 4))


def forward(arch: dict, activation: str, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The scores of images [n, height, width, channels], by the parameters of one seed."""
    act, at = ACTIVATIONS[activation], 0

    def take(*shape: int) -> np.ndarray:
        nonlocal at
        at += (size := int(np.prod(shape)))
        return theta[at - size : at].reshape(shape)

    for out in arch.get("conv", []):
        kernel, bias = take(KERNEL, KERNEL, x.shape[-1], out), take(out)
        x = pooled(act(correlated(x, kernel) + bias))
    x = x.reshape(len(x), -1)
    for i, out in enumerate(arch["dense"]):
        weights, bias = take(out, x.shape[1]), take(out)
        x = (act(x) if i > 0 else x) @ weights.T + bias
    assert at == len(theta), f"{len(theta)} parameters, of which the layers have {at}"
    return x


def loss_and_accuracy(scores: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    shifted = scores - scores.max(axis=1, keepdims=True)
    losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]
    return float(losses.mean()), float((scores.argmax(axis=1) == labels).mean())


def plain_runs(store: Path) -> Iterator[tuple[Path, dict]]:
    for path in sorted(store.glob("*/spec.json")):
        spec = json.loads(path.read_text())
        if (
            (spec["task"], spec["loss"]) == ("MNIST", "cross-entropy")
            and set(spec["arch"]) <= PLAIN
            and spec["activation"] in ACTIVATIONS
        ):
            yield path.parent, spec


def main(store: Path) -> int:
    images, labels = idx("t10k-images-idx3-ubyte", 16).reshape(-1, 28, 28, 1) / 255.0, idx("t10k-labels-idx1-ubyte", 8)
    kinds, wrong = {"convolutional": 0, "dense": 0}, 0
    for folder, spec in plain_runs(store):
        n = spec["test_size"]
        [run] = runs.read(store, [folder.name])
        for theta, row in zip(np.load(folder / "weights.npz")["final"], run.rows, strict=True):
            batches = [
                forward(spec["arch"], spec["activation"], theta.astype(float), x)
                for x in np.split(images[:n], range(BATCH, n, BATCH))
            ]
            loss, accuracy = loss_and_accuracy(np.concatenate(batches), labels[:n])
            kinds["convolutional" if spec["arch"].get("conv") else "dense"] += 1
            if not np.isclose(loss, row["test_loss"], rtol=TOLERANCE) or abs(accuracy - row["test_accuracy"]) > 1.5 / n:
                print(
                    f"{folder.name}: {loss}, {accuracy} by its weights; stored: {row['test_loss']}, {row['test_accuracy']}"
                )
                wrong += 1
    print(
        "Recomputed by numpy from their weights:",
        ", ".join(f"{count} {kind} networks" for kind, count in kinds.items()),
    )
    return int(wrong > 0 or 0 in kinds.values())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
