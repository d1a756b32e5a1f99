"""What PyTorch reaches in Part 1-1 without weight decay: `reference.py SEEDS` prints the training MSE of each network.

Full batch, Adam, 20,000 epochs, initial weights by PyTorch itself: a reference for hw1's own figures, which come from
the notebook with as many `Seeds`. A row a network, as CSV; 25 seeds of all take about 40 minutes on two cores.
"""

import csv
import itertools
import multiprocessing
import os
import sys

import numpy as np
from peers import DEEP, SLOPE, Torch, function_data

EPOCHS = 20_000
MODELS = {"deep": DEEP, "middle": [1, 10, 18, 15, 4, 1], "shallow": [1, 190, 1]}
TASKS = {
    "sinc": lambda x: np.sinc(5 * x),
    "signed decay": lambda x: np.sign(np.sin(5 * np.pi * x)) / (5 * np.pi * x),
    "square wave": lambda x: np.sign(np.sinc(5 * x)),
}


def train(run: tuple[str, str, int]) -> tuple[str, str, int, float]:
    """The run with its training MSE at the end."""
    task, model, seed = run
    peer = Torch()
    peer.torch.set_num_threads(1)
    peer.torch.manual_seed(seed)
    x, _ = function_data()
    y = TASKS[task](x.astype(np.float64)).astype(np.float32)
    x, y = peer.torch.tensor(x), peer.torch.tensor(y)
    net = peer.dense(MODELS[model], lambda: peer.nn.LeakyReLU(SLOPE))
    optimizer = peer.adam(net, fused=True)
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        peer.F.mse_loss(net(x), y).backward()
        optimizer.step()
    return *run, peer.F.mse_loss(net(x), y).item()


def main() -> None:
    seeds = int(sys.argv[1])
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["task", "model", "seed", "train_loss"])
    runs = itertools.product(TASKS, MODELS, range(1, seeds + 1))
    with multiprocessing.get_context("spawn").Pool(len(os.sched_getaffinity(0))) as pool:
        for row in pool.imap(train, runs):
            table.writerow(row)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
