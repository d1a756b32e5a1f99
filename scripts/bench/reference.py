"""What PyTorch reaches in Part 1-1 without weight decay: `reference.py SEEDS [RUNS]` prints the training MSE of each network.

Full batch, Adam, 20,000 epochs: a reference for hw1's own figures, which come from the notebook with as many `Seeds`.
Initial weights are PyTorch's own or, with hw1's run store as RUNS, those of its runs. A row a network, as CSV; 25 seeds
of all take about 40 minutes on two cores.
"""

import csv
import itertools
import json
import multiprocessing
import os
import sys
from pathlib import Path

import numpy as np

from peers import DEEP, SLOPE, Torch, function_data

EPOCHS = 20_000
MODELS = {"deep": DEEP, "middle": [1, 10, 18, 15, 4, 1], "shallow": [1, 190, 1]}
TASKS = {
    "sinc": lambda x: np.sinc(5 * x),
    "signed decay": lambda x: np.sign(np.sin(5 * np.pi * x)) / (5 * np.pi * x),
    "square wave": lambda x: np.sign(np.sinc(5 * x)),
}


def train(run: tuple[str, str, int, np.ndarray | None]) -> tuple[str, str, int, float]:
    """The training MSE at the end, with what it belongs to."""
    task, model, seed, initial = run
    peer = Torch()
    peer.torch.set_num_threads(1)
    peer.torch.manual_seed(seed)
    x, _ = function_data()
    y = TASKS[task](x.astype(np.float64)).astype(np.float32)
    x, y = peer.torch.tensor(x), peer.torch.tensor(y)
    net = peer.dense(MODELS[model], lambda: peer.nn.LeakyReLU(SLOPE))
    if initial is not None:
        peer.nn.utils.vector_to_parameters(peer.torch.tensor(initial), net.parameters())
    optimizer = peer.adam(net, fused=True)
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        peer.F.mse_loss(net(x), y).backward()
        optimizer.step()
    return task, model, seed, peer.F.mse_loss(net(x), y).item()


def initial_weights(store: Path, seeds: int) -> dict[tuple[str, str], np.ndarray]:
    """The initial weights [seeds, parameters] of hw1's run of each task and model, in PyTorch's order."""
    found = {}
    for path in sorted(store.glob("*/spec.json")):
        spec = json.loads(path.read_text())
        for task, model in itertools.product(TASKS, MODELS):
            wanted = {"task": task, "weight_decay": 0, "epochs": EPOCHS, "seed": 1, "float64": False}
            layers = spec["arch"]["input"] + spec["arch"]["dense"]
            if layers == MODELS[model] and spec["seeds"] >= seeds and wanted.items() <= spec.items():
                found[task, model] = np.load(path.with_name("weights.npz"))["initial"]
    return found


def main() -> None:
    seeds = int(sys.argv[1])
    kinds = list(itertools.product(TASKS, MODELS))
    initial = dict.fromkeys(kinds, [None] * seeds)
    if len(sys.argv) > 2:
        initial = initial_weights(Path(sys.argv[2]), seeds)
    if lacking := [kind for kind in kinds if kind not in initial]:
        task, model = lacking[0]
        sys.exit(f"{sys.argv[2]} has no run of {model} on {task}: run Part 1-1 with `Seeds: {seeds}`")
    runs = [(*kind, seed, initial[kind][seed - 1]) for kind in kinds for seed in range(1, seeds + 1)]
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["task", "model", "seed", "train_loss"])
    with multiprocessing.get_context("spawn").Pool(len(os.sched_getaffinity(0))) as pool:
        for row in pool.imap(train, runs):
            table.writerow(row)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
