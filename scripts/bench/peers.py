"""The same work in PyTorch and in JAX, for comparison: `peers.py torch NAME` prints the milliseconds of one repetition,
and nothing where PyTorch has no such work. Each runs on a GPU where it finds one; `torch-graphs` is PyTorch with its
training steps as CUDA graphs.

What compiles or warms up is not counted. The work is that of hw1's benchmarks as bench.sh names them, with the same
shapes, precision and optimizer.
"""

import functools
import itertools
import os
import sys
import time

import numpy as np

DEEP = [1, 5, 10, 10, 10, 10, 10, 5, 1]
DENSE = [784, 350, 600, 10]
HESSIAN = [1, 20, 30, 1]
SLOPE, DROPOUT, RATE, DECAY = 0.01, 0.25, 1e-3, 1e-4
IMAGES, TEST_IMAGES = 60_000, 10_000
rng = np.random.default_rng(1)


def function_data() -> tuple[np.ndarray, np.ndarray]:
    x = (-1 + (2 * np.arange(500) + 1) / 500)[:, None]
    return x.astype(np.float32), np.sinc(5 * x).astype(np.float32)


def images(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise of the size of MNIST: what the pixels are makes no difference to the time."""
    return rng.integers(0, 256, (n, 784), np.uint8), rng.integers(0, 10, n)


def weights(layers: list[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    def uniform(bound: float, *shape: int) -> np.ndarray:
        return rng.uniform(-bound, bound, shape).astype(np.float32)

    return [(uniform(i**-0.5, o, i), uniform(i**-0.5, o)) for i, o in itertools.pairwise(layers)]


def timed(work, count: int = 1, wait=lambda: None, warm=None) -> float:
    """Milliseconds of a call, of which there are some after one to warm up, until what they have begun is done."""
    (warm or work)()
    wait()
    begin = time.perf_counter()
    for _ in range(count):
        work()
    wait()
    return 1000 * (time.perf_counter() - begin) / count


# --- PyTorch -----------------------------------------------------------------------------------------------------------


class Torch:
    """PyTorch, eager, with as many threads as there are cores; or on a GPU, where steps can be CUDA graphs."""

    def __init__(self, graphs: bool = False) -> None:
        import torch

        self.torch, self.nn, self.F, self.graphs = torch, torch.nn, torch.nn.functional, graphs
        self.gpu = torch.cuda.is_available()
        self.tensor = functools.partial(torch.tensor, device="cuda" if self.gpu else "cpu")
        torch.set_num_threads(len(os.sched_getaffinity(0)))

    def dense(self, layers: list[int], activation, dropout: float = 0):
        modules = []
        for k, (i, o) in enumerate(itertools.pairwise(layers)):
            drop = [self.nn.Dropout(dropout)] if k and dropout else []
            modules += ([activation()] if k else []) + drop + [self.nn.Linear(i, o)]
        return self.placed(self.nn.Sequential(*modules))

    def placed(self, model):
        return model.cuda() if self.gpu else model

    def timed(self, work, count: int = 1, warm=None) -> float:
        return timed(work, count, self.torch.cuda.synchronize if self.gpu else lambda: None, warm)

    def captured(self, step):
        """The step, or its CUDA graph, captured as PyTorch's manual has it: after some steps on a stream of their own."""
        if not self.graphs:
            return step
        cuda = self.torch.cuda
        stream = cuda.Stream()
        stream.wait_stream(cuda.current_stream())
        with cuda.stream(stream):
            for _ in range(3):
                step()
        cuda.current_stream().wait_stream(stream)
        graph = cuda.CUDAGraph()
        with cuda.graph(graph):
            step()
        return graph.replay

    def cnn(self):
        nn = self.nn
        blocks = [nn.Conv2d(1, 16, 4), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(16, 32, 4), nn.MaxPool2d(2), nn.ReLU()]
        dense = [nn.Dropout(DROPOUT), nn.Linear(512, 128), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(128, 10)]
        return self.placed(nn.Sequential(*blocks, nn.Flatten(), *dense))

    def adam(self, model, fused: bool, decay: float = 0):
        return self.torch.optim.Adam(
            model.parameters(), lr=RATE, weight_decay=decay, fused=fused, capturable=self.graphs
        )

    def function_epoch(self, fused: bool) -> float:
        x, y = map(self.tensor, function_data())
        model = self.dense(DEEP, lambda: self.nn.LeakyReLU(SLOPE))
        optimizer = self.adam(model, fused, DECAY)

        def epoch() -> None:
            optimizer.zero_grad()
            self.F.mse_loss(model(x), y).backward()
            optimizer.step()

        step = self.captured(epoch)
        self.timed(step, 100)
        return self.timed(step, 1000)

    def image_epoch(self, model, batch: int, channels_last: bool = False) -> float:
        torch = self.torch
        x, y = images(IMAGES)
        x, y = self.tensor(x), self.tensor(y)
        if isinstance(model[0], self.nn.Conv2d):
            x = x.reshape(-1, 1, 28, 28)
        if channels_last:
            model = model.to(memory_format=torch.channels_last)
        optimizer = self.adam(model, fused=True)

        rows = self.tensor(range(batch))

        def step() -> None:
            inputs = x[rows].float() / 255
            if channels_last:
                inputs = inputs.contiguous(memory_format=torch.channels_last)
            optimizer.zero_grad()
            self.F.cross_entropy(model(inputs), y[rows]).backward()
            optimizer.step()

        step = self.captured(step)

        def epoch(n: int = IMAGES) -> None:
            order = torch.randperm(IMAGES, device=x.device)[:n]
            for first in range(0, n - batch + 1, batch):
                rows.copy_(order[first : first + batch])
                step()

        return self.timed(epoch, warm=lambda: epoch(50 * batch))

    def score(self, model, x, y) -> tuple[float, int]:
        """A model's loss, and how many it gets right."""
        loss = right = 0
        with self.torch.no_grad():
            for inputs, labels in zip(x.split(1000), y.split(1000), strict=True):
                outputs = model(inputs.float() / 255)
                loss += self.F.cross_entropy(outputs, labels, reduction="sum")
                right += (outputs.argmax(1) == labels).sum()
        return loss.item(), right.item()

    def evaluation(self) -> float:
        x, y = map(self.tensor, images(IMAGES))
        model = self.dense(DENSE, self.nn.ReLU)
        return self.timed(lambda: self.score(model, x, y), 3)

    def hessian(self) -> float:
        torch = self.torch
        x, y = (self.tensor(a).double() for a in function_data())
        start = weights(HESSIAN)
        shapes = [(w.shape, b.shape) for w, b in start]
        theta = self.tensor(np.concatenate([a.ravel() for pair in start for a in pair])).double()

        def loss(theta):
            at, values = 0, x
            for k, (w, b) in enumerate(shapes):
                weight, at = theta[at : at + w[0] * w[1]].reshape(w), at + w[0] * w[1]
                bias, at = theta[at : at + b[0]], at + b[0]
                values = (torch.tanh(values) if k else values) @ weight.T + bias
            return ((values - y) ** 2).mean()

        compute = torch.func.hessian(loss)
        return self.timed(lambda: compute(theta), 2)

    def sensitivity(self) -> float:
        torch = self.torch
        x, y = images(TEST_IMAGES)
        x, y = self.tensor(x).float() / 255, self.tensor(y)
        model = self.dense(DENSE, self.nn.ReLU)

        def loss(image, label):
            return self.F.cross_entropy(model(image), label)

        gradients = torch.func.vmap(torch.func.grad(loss))

        def norms():
            return torch.cat([gradients(a, b).norm(dim=1) for a, b in zip(x.split(1000), y.split(1000), strict=True)])

        return self.timed(norms, 3)

    def interpolation(self) -> float:
        torch = self.torch
        x, y = map(self.tensor, images(IMAGES + TEST_IMAGES))
        ends = [self.dense(DENSE, self.nn.ReLU) for _ in range(2)]
        model = self.dense(DENSE, self.nn.ReLU)

        @torch.no_grad()
        def sweep() -> None:
            for t in np.linspace(0, 1, 5):
                for p, a, b in zip(model.parameters(), ends[0].parameters(), ends[1].parameters(), strict=True):
                    p.copy_((1 - t) * a + t * b)
                self.score(model, x, y)

        return self.timed(sweep) / 5

    def work(self) -> dict:
        dense = lambda: self.dense(DENSE, self.nn.ReLU, DROPOUT)
        trainings = {
            "deep571": lambda: self.function_epoch(fused=False),
            "deep571-fused": lambda: self.function_epoch(fused=True),
            "dense-64": lambda: self.image_epoch(dense(), 64),
            "dense-1024": lambda: self.image_epoch(dense(), 1024),
            "cnn": lambda: min(self.image_epoch(self.cnn(), 100, last) for last in (True, False)),  # the better format
        }
        if self.graphs:
            return trainings if self.gpu else {}
        return trainings | {
            "evaluation": self.evaluation,
            "hessian": self.hessian,
            "sensitivity": self.sensitivity,
            "interpolation": self.interpolation,
        }


# --- JAX ---------------------------------------------------------------------------------------------------------------


class Jax:
    """JAX, compiled. The steps of a function's epoch are a scan; those on images are one on a GPU alone: inside they are slow on a CPU."""

    def __init__(self) -> None:
        import jax
        import jax.flatten_util

        self.jax, self.np, self.gpu = jax, jax.numpy, jax.default_backend() == "gpu"

    def images(self, n: int):
        """Images that are on the GPU, if there is one, before the clock starts."""
        return map(self.jax.device_put, images(n)) if self.gpu else images(n)

    def forward(self, params, x, activation, key=None):
        for k, (w, b) in enumerate(params):
            if k:
                x = activation(x)
                if key is not None:
                    keep = self.jax.random.bernoulli(self.jax.random.fold_in(key, k), 1 - DROPOUT, x.shape)
                    x = self.np.where(keep, x / (1 - DROPOUT), 0)
            x = x @ w.T + b
        return x

    def leaky(self, x):
        return self.np.maximum(x, SLOPE * x)

    def cross_entropy(self, logits, labels):
        return -self.np.take_along_axis(self.jax.nn.log_softmax(logits), labels[:, None], 1)[:, 0]

    def adam(self, state, gradient, decay: float):
        tree = self.jax.tree_util.tree_map
        params, m, v, t = state
        t = t + 1
        gradient = tree(lambda g, p: g + decay * p, gradient, params) if decay else gradient
        m = tree(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
        v = tree(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
        rate = RATE / (1 - 0.9**t)
        root = 1 - 0.999**t
        params = tree(lambda p, m, v: p - rate * m / (self.np.sqrt(v / root) + 1e-8), params, m, v)
        return params, m, v, t

    def start(self, params):
        zeros = self.jax.tree_util.tree_map(self.np.zeros_like, params)
        return params, zeros, zeros, self.np.float32(0)

    def function_epoch(self, seeds: int, epochs: int = 1000) -> float:
        jax = self.jax
        x, y = function_data()

        def loss(params):
            return self.np.mean((self.forward(params, x, self.leaky) - y) ** 2)

        def step(state, _):
            value, gradient = jax.value_and_grad(loss)(state[0])
            return self.adam(state, gradient, DECAY), value

        def train(state):
            return jax.lax.scan(step, state, None, length=epochs)

        if seeds == 1:
            state, run = self.start(weights(DEEP)), jax.jit(train)
        else:
            many = [self.start(weights(DEEP)) for _ in range(seeds)]
            state = jax.tree_util.tree_map(lambda *a: self.np.stack(a), *many)
            run = jax.jit(jax.vmap(train))
        return timed(lambda: jax.block_until_ready(run(state)), 2) / epochs / seeds

    def image_epoch(self, params, forward, batch: int) -> float:
        jax = self.jax
        x, y = map(self.np.asarray, images(IMAGES))
        steps = IMAGES // batch

        def loss(params, rows, key):
            return self.cross_entropy(forward(params, x[rows].astype("float32") / 255, key), y[rows]).mean()

        def step(state, rows, key):
            value, gradient = jax.value_and_grad(loss)(state[0], rows, key)
            return self.adam(state, gradient, 0), value

        state = jax.tree_util.tree_map(self.np.array, self.start(params))
        one = jax.jit(step, donate_argnums=0)
        scan = jax.jit(lambda state, of: jax.lax.scan(lambda s, each: step(s, *each), state, of), donate_argnums=0)

        def epoch(count: int = steps) -> None:
            nonlocal state
            order = rng.permutation(IMAGES)[: count * batch].reshape(count, batch)
            keys = jax.random.split(jax.random.key(1), count)
            if self.gpu:
                state, value = scan(state, (order, keys))
            else:
                for rows, key in zip(order, keys, strict=True):
                    state, value = one(state, rows, key)
            value.block_until_ready()

        return timed(epoch, warm=lambda: epoch(steps if self.gpu else 50))

    def dense_epoch(self, batch: int) -> float:
        return self.image_epoch(weights(DENSE), lambda p, x, key: self.forward(p, x, self.jax.nn.relu, key), batch)

    def cnn_epoch(self) -> float:
        jax = self.jax

        def kernel(*shape: int) -> np.ndarray:
            return (rng.uniform(-1, 1, shape) / np.prod(shape[:3]) ** 0.5).astype(np.float32)

        convolutions = [(kernel(4, 4, i, o), np.zeros(o, np.float32)) for i, o in ((1, 16), (16, 32))]

        def forward(params, x, key):
            x = x.reshape(-1, 28, 28, 1)
            for w, b in params[0]:
                x = jax.lax.conv_general_dilated(x, w, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")) + b
                size = x.shape[1] // 2
                x = x[:, : 2 * size, : 2 * size].reshape(x.shape[0], size, 2, size, 2, -1).max((2, 4))
                x = jax.nn.relu(x)
            keep = jax.random.bernoulli(key, 1 - DROPOUT, (x.shape[0], 512))
            x = self.np.where(keep, x.reshape(x.shape[0], -1) / (1 - DROPOUT), 0)
            return self.forward(params[1], x, jax.nn.relu, key)

        return self.image_epoch((convolutions, weights([512, 128, 10])), forward, 100)

    def evaluation(self) -> float:
        jax, params = self.jax, weights(DENSE)
        x, y = self.images(IMAGES)

        @jax.jit
        def score(x, y):
            logits = self.forward(params, x.astype("float32") / 255, jax.nn.relu)
            return self.cross_entropy(logits, y).sum(), (logits.argmax(1) == y).sum()

        def evaluate() -> None:
            parts = [score(x[k : k + 1000], y[k : k + 1000]) for k in range(0, IMAGES, 1000)]
            sum(float(loss) for loss, _ in parts)

        return timed(evaluate, 3)

    def hessian(self) -> float:
        jax = self.jax
        jax.config.update("jax_enable_x64", True)
        x, y = (a.astype(np.float64) for a in function_data())
        theta, unravel = jax.flatten_util.ravel_pytree(
            jax.tree_util.tree_map(lambda a: self.np.asarray(a, "float64"), weights(HESSIAN))
        )

        def loss(theta):
            return self.np.mean((self.forward(unravel(theta), x, self.np.tanh) - y) ** 2)

        compute = jax.jit(jax.hessian(loss))
        return timed(lambda: compute(theta).block_until_ready(), 2)

    def sensitivity(self) -> float:
        jax, params = self.jax, weights(DENSE)
        x, y = self.images(TEST_IMAGES)

        def loss(image, label):
            return self.cross_entropy(self.forward(params, image[None], jax.nn.relu), label[None])[0]

        @jax.jit
        def norms(x, y):
            return self.np.linalg.norm(jax.vmap(jax.grad(loss))(x.astype("float32") / 255, y), axis=1)

        def all_norms() -> np.ndarray:
            return np.concatenate([norms(x[k : k + 1000], y[k : k + 1000]) for k in range(0, TEST_IMAGES, 1000)])

        return timed(all_norms, 3)

    def work(self) -> dict:
        return {
            "deep571": lambda: self.function_epoch(1),
            "deep571x5": lambda: self.function_epoch(5),
            "deep571x10": lambda: self.function_epoch(10),
            "deep571x100": lambda: self.function_epoch(100, 100),
            "dense-64": lambda: self.dense_epoch(64),
            "dense-1024": lambda: self.dense_epoch(1024),
            "cnn": self.cnn_epoch,
            "evaluation": self.evaluation,
            "hessian": self.hessian,
            "sensitivity": self.sensitivity,
        }


if __name__ == "__main__":
    framework, name = sys.argv[1:]
    frameworks = {"torch": Torch, "torch-graphs": lambda: Torch(graphs=True), "jax": Jax}
    if measure := frameworks[framework]().work().get(name):
        print(measure())
