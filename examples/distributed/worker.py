#!/usr/bin/env python3
"""Trains an exported step on the devices of one or more processes.

The directory holds what `go run ./examples/export` writes:

    step.mlir            the training step as StableHLO, with the whole batch and nothing about devices
    step.json            its arguments and results: names, roles, shapes
    init.safetensors     parameters and state before the first step
    batches.safetensors  batch.0, label.0, batch.1, ...
    losses.json          rate and loss of every step of the run in Go

The step knows nothing of devices. The devices form a mesh, "data" by "tensor". Batches and labels are cut along their
first axis over "data"; weights, and what the optimizer keeps of them, over "tensor" (see cuts). XLA finds out what has
to be computed where, and which sums have to travel; docs/scale.md says how many bytes that are. So the same file trains on one CPU, on several processes, and
on the GPUs or TPUs of a pod: there, start one worker a machine with --coordinator, --count and --rank, and keep the
directory where all machines find it.

launch.py starts workers on this machine, and starts them again from the last checkpoint if one dies.
"""

import argparse
import contextlib
import dataclasses
import hashlib
import json
import os
import sys
import threading
import time
import traceback

try:
    import jax
    import jax.export
    import numpy as np
    from jax.experimental import multihost_utils
    from jax.extend.mlir.dialects import stablehlo
    from jax.sharding import Mesh, NamedSharding, PartitionSpec
    from safetensors import SafetensorError, safe_open
    from safetensors.numpy import load_file, save as safetensors_bytes
except ImportError as e:
    print(f"{e}: {sys.executable} -m pip install -r {os.path.dirname(os.path.abspath(__file__))}/requirements.txt", file=sys.stderr)
    sys.exit(2)  # a mistake; see MISTAKE

STABLEHLO = "1.13.0"  # the version of the format that step.mlir is written in
MISTAKE = 2  # the exit status where starting again would not help
UNHEARD = 141  # where no one reads what it says any more: 128 + SIGPIPE, as of other commands in a shell
CHECKPOINT = "checkpoint.safetensors"
TRAINED = "trained.safetensors"


class Step:
    """The exported step: its arguments, its results, and how to compile it for a mesh."""

    def __init__(self, directory):
        name = os.path.join(directory, "step.json")
        with readable(name), open(name, encoding="utf-8") as f:
            about = json.load(f)
            self.arguments, self.results = about["arguments"], about["results"]
            self.loss = [r["role"] for r in self.results].index("loss")
            module = os.path.join(directory, about["stablehlo"])
        with readable(module), open(module, encoding="utf-8") as f:
            self.text = f.read()
            # The bytes of a version of the format that jax knows.
            version = min(STABLEHLO, stablehlo.get_current_version(), key=lambda v: [int(n) for n in v.split(".")])
            self.module = stablehlo.serialize_portable_artifact_str(self.text, version)

    def shardings(self, mesh):
        """Returns where each argument and each result lives on the mesh."""
        axes = cuts(self.arguments, mesh.shape["tensor"])
        at = [NamedSharding(mesh, partition(a, mesh, axes)) for a in self.arguments]
        out = [NamedSharding(mesh, PartitionSpec()) for _ in self.results]
        for a, sharding in zip(self.arguments, at):
            if a["result"] is not None:
                out[a["result"]] = sharding
        return at, out

    def compile(self, mesh):
        """Returns the step as a function of its arguments on the mesh. What it replaces is given to it for good."""
        at, out = self.shardings(mesh)
        shapes = [jax.ShapeDtypeStruct(tuple(a["shape"]), a["dtype"]) for a in self.arguments]
        results = [jax.ShapeDtypeStruct(tuple(r["shape"]), r["dtype"]) for r in self.results]

        # An export of a function of the same types, whose module is then replaced by ours.
        def like(*_):
            return tuple(jax.numpy.zeros(r.shape, r.dtype) for r in results)

        platform = jax.export.default_export_platform()  # "cuda" where the device says "gpu"
        exported = jax.export.export(jax.jit(like, keep_unused=True), platforms=[platform])(*shapes)
        exported = dataclasses.replace(exported, mlir_module_serialized=self.module)
        donated = tuple(i for i, a in enumerate(self.arguments) if a["result"] is not None)
        call = jax.jit(exported.call, in_shardings=tuple(at), out_shardings=tuple(out), donate_argnums=donated)
        return call.lower(*shapes).compile()


def refuse(message):
    print(message, file=sys.stderr)
    sys.exit(MISTAKE)


@contextlib.contextmanager
def readable(name, remedy="write it again with go run ./examples/export"):
    """Refuses a file that is not there, not whole, or not what its name says."""
    try:
        yield
    except FileNotFoundError:
        refuse(f"{name} is not there: {remedy}")
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as e:
        refuse(f"{name} cannot be read ({type(e).__name__}: {e}): {remedy}")


def cuts(arguments, n):
    """Returns, by name, the axis along which parameters, and the state of an optimizer for them, are cut in n parts.

    Weights are cut by turns along their first axis, which is what comes out of a layer, and their second, what goes in.
    Where each device has a part of what comes out of a layer, it has what the same part of the next layer wants; only the
    sums that come out of that one have to travel. A bias is cut as what comes out is. What does not fit stays whole, and so
    do recurrent layers, where a part of what comes out would be a part of one gate.

    Source: Shoeybi et al., Megatron-LM: training multi-billion parameter language models using model parallelism (2019).
    """
    axes, weights, out = {}, 0, None
    for a in arguments:
        if a["role"] != "parameter" or "weight_ih" in a["name"] or "weight_hh" in a["name"]:
            continue
        shape = a["shape"]
        if len(shape) > 1:
            axis, weights = weights % 2, weights + 1
            if shape[axis] % n == 0:
                axes[a["name"]] = axis
            out = shape[0] if axes.get(a["name"]) == 0 else None
        elif shape and shape[0] == out:
            axes[a["name"]] = 0
    shapes = {a["name"]: a["shape"] for a in arguments}
    for a in arguments:
        of = a["name"].partition(".")[2]  # exp_avg.0.weight is of 0.weight
        if a["role"] == "state" and of in axes and a["shape"] == shapes[of]:
            axes[a["name"]] = axes[of]
    return axes


def partition(argument, mesh, axes):
    """Returns how an argument is cut: batches over "data", parameters and state along the given axes over "tensor"."""
    shape = argument["shape"]
    if argument["role"] in ("batch", "label"):
        n = mesh.shape["data"]
        if not shape or shape[0] % n:
            refuse(f"{argument['name']} has the shape {tuple(shape)}, which {n} parts do not divide: "
                   f"export the step with a batch that is a multiple of {n}")
        return PartitionSpec("data")
    if mesh.shape["tensor"] > 1 and argument["name"] in axes:
        return PartitionSpec(*[None] * axes[argument["name"]], "tensor")
    return PartitionSpec()


def place(value, argument, sharding):
    """Puts a whole array, which every process has, on the devices that want a part of it."""
    value = np.asarray(value, argument["dtype"])
    if value.shape != tuple(argument["shape"]):
        refuse(f"{argument['name']} has the shape {value.shape} in its file, and the step takes {tuple(argument['shape'])}: "
               "write both again with go run ./examples/export")
    return jax.make_array_from_callback(value.shape, sharding, lambda part: value[part])


def whole(value):
    """Returns an array whose parts may be on several processes as one, on all of them."""
    if value.is_fully_addressable:
        return np.asarray(value)
    return np.asarray(multihost_utils.process_allgather(value, tiled=True))


def save(name, tensors, metadata):
    """Writes a file under another name first, so that a name always stands for a whole file."""
    part = name + ".part"
    with open(part, "wb") as f:
        f.write(safetensors_bytes(tensors, metadata))
        f.flush()
        os.fsync(f.fileno())
    os.replace(part, name)


def restore(directory, run, resume):
    """Returns the tensors to start from, and the losses of the steps that they have behind them."""
    name = os.path.join(directory, CHECKPOINT)
    if not resume or not os.path.exists(name):
        name = os.path.join(directory, "init.safetensors")
        with readable(name):
            return load_file(name), []
    with readable(name, "remove it, or train without --resume"):
        with safe_open(name, "np") as f:
            about = f.metadata() or {}
        if about.get("run") != run:
            refuse(f"{name} is of another export: remove it, or train without --resume")
        return load_file(name), json.loads(about["losses"])


def train(directory, mesh, steps=None, every=0, resume=False, pause=0.0, say=print):
    """Trains and returns the losses. Every so many steps process 0 writes a checkpoint; at the end all write the result."""
    step = Step(directory)
    name = os.path.join(directory, "losses.json")
    with readable(name), open(name, encoding="utf-8") as f:
        text = f.read()
        run = json.loads(text)
        rates, seed, model, number = run["lr"], run["seed"], run["model"], len(run["losses"])
    name = os.path.join(directory, "batches.safetensors")
    with readable(name):
        batches = load_file(name)
        batches = [{"batch": batches[f"batch.{k}"], "label": batches[f"label.{k}"]} for k in range(number)]
    steps = number if steps is None else steps
    this = hashlib.sha256((step.text + text).encode()).hexdigest()
    tensors, losses = restore(directory, this, resume)
    if len(losses) > steps:
        refuse(f"the checkpoint has {len(losses)} steps behind it, and --steps is {steps}: train without --resume")
    at, _ = step.shardings(mesh)
    call = step.compile(mesh)
    with readable(os.path.join(directory, "init.safetensors")):
        kept = {a["name"]: place(tensors[a["name"]], a, s)
                for a, s in zip(step.arguments, at) if a["role"] in ("parameter", "state")}

    def write(name, only=None):
        values = {k: whole(v) for k, v in kept.items() if only is None or k in only}  # all processes take part
        if jax.process_index() == 0:
            save(os.path.join(directory, name), values, {"run": this, "losses": json.dumps(losses)})

    for k in range(len(losses), steps):
        given = {**batches[k % number], "lr": rates[min(k, number - 1)], "step": k, "seed": seed}
        results = call(*[kept[a["name"]] if a["name"] in kept else place(given[a["name"]], a, s)
                         for a, s in zip(step.arguments, at)])
        kept.update({a["name"]: results[a["result"]] for a in step.arguments if a["result"] is not None})
        losses.append(float(whole(results[step.loss])))
        say(f"step {k + 1} of {steps}: loss {losses[-1]:.9g}")
        if every and (k + 1) % every == 0 and k + 1 < steps:
            write(CHECKPOINT)
            say(f"checkpoint after step {k + 1}")
        time.sleep(pause)
    write(TRAINED, {a["name"] for a in step.arguments if a["name"] in model})
    return losses


def die_with(parent):
    """Ends this process when the one that started it is gone, however that came about."""
    def watch():
        while os.getppid() == parent:
            time.sleep(0.2)
        os._exit(1)
    threading.Thread(target=watch, daemon=True).start()


def status(e):
    """Returns the exit status after an exception, and says what there is to say."""
    if isinstance(e, SystemExit):
        return e.code
    if isinstance(e, BrokenPipeError):
        return UNHEARD
    if isinstance(e, OSError):  # of a file that it writes
        print(e, file=sys.stderr, flush=True)
    else:
        traceback.print_exception(e)
    return 1


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0], epilog="launch.py starts workers on this machine.")
    p.add_argument("dir", help="where the exported step is")
    p.add_argument("--coordinator", metavar="HOST:PORT", help="where process 0 listens; needed for more than one process")
    p.add_argument("--count", type=int, default=1, help="number of processes")
    p.add_argument("--rank", type=int, default=0, help="number of this one, from 0")
    p.add_argument("--tensor", type=int, default=1, help="devices that share one copy of the parameters")
    p.add_argument("--steps", type=int, help="steps to train; as many as the run in Go unless given")
    p.add_argument("--checkpoint-every", type=int, default=5, metavar="N", help="steps from one checkpoint to the next; 0 for none")
    p.add_argument("--resume", action="store_true", help="go on from the checkpoint if there is one")
    p.add_argument("--pause", type=float, default=0, metavar="SECONDS", help="wait after each step, to watch, or to try what a kill does")
    p.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    a = p.parse_args()
    if not 0 <= a.rank < a.count:
        p.error(f"--rank {a.rank} and --count {a.count}: ranks go from 0 to one less than the count, which is 1 or more")
    if a.count > 1 and not a.coordinator:
        p.error(f"--count {a.count} without --coordinator: give all processes the HOST:PORT of process 0")
    if a.steps is not None and a.steps < 1 or a.checkpoint_every < 0 or not a.pause >= 0:
        p.error("--steps must be 1 or more, --checkpoint-every and --pause 0 or more")
    if a.parent:
        die_with(a.parent)
    # What the libraries below print of their own accord goes where errors go.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    jax.config.update("jax_enable_x64", True)
    if a.count > 1:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(a.coordinator, a.count, a.rank)
    devices = np.array(jax.devices())
    if a.tensor < 1 or devices.size % a.tensor:
        refuse(f"--tensor {a.tensor} does not divide the {devices.size} devices")
    mesh = Mesh(devices.reshape(-1, a.tensor), ("data", "tensor"))

    def say(line):
        if jax.process_index() == 0:
            print(line, file=out, flush=True)

    say(f"{devices.size} devices, {mesh.shape['data']} x {mesh.shape['tensor']} (data x tensor), on {a.count} processes")
    train(a.dir, mesh, a.steps, a.checkpoint_every, a.resume, a.pause, say)


if __name__ == "__main__":
    try:
        main()
    except BaseException as e:
        # Without ceremony: what jax does at the end waits for the other processes, and those wait for this one.
        os._exit(status(e))
