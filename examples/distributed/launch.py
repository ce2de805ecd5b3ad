#!/usr/bin/env python3
"""Trains an exported step on several processes of this machine, and looks after them.

    go run ./examples/export -out DIR
    python3 examples/distributed/launch.py -n 2 DIR

Every process is a worker.py, which says how the work is shared. If a worker dies, by whatever cause, launch.py says so
within a second, ends the others, which would wait for it for ever, and starts all of them again from the last
checkpoint. At the end it compares the losses with those of the run in Go. It needs what requirements.txt lists.
"""

import argparse
import json
import math
import os
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MISTAKE = 2  # the exit status of a worker for which starting again would not help
UNHEARD = 141  # of a worker, and of this command, where no one reads what they say any more: 128 + SIGPIPE
TOLERANCE = 1e-6  # how far losses may be from those of Go, relative to the larger of 1 and the loss


def free_port():
    """Returns a port of this machine that no one listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(workers, a, resume):
    """Starts the workers, and notes each in a list as soon as it runs."""
    env = dict(os.environ)
    if a.devices > 1:
        env["XLA_FLAGS"] = f"{env.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={a.devices}".strip()
    coordinator = f"127.0.0.1:{free_port()}"
    for rank in range(a.n):
        command = [sys.executable, os.path.join(HERE, "worker.py"), a.dir, "--coordinator", coordinator,
                   "--count", str(a.n), "--rank", str(rank), "--tensor", str(a.tensor), "--pause", str(a.pause),
                   "--checkpoint-every", str(a.checkpoint_every), "--parent", str(os.getpid())]
        if a.steps is not None:
            command += ["--steps", str(a.steps)]
        if resume:
            command.append("--resume")
        # What XLA says of its own accord would hide the losses; it is kept, and shown of a worker that fails.
        log = open(os.path.join(a.dir, f"worker{rank}.log"), "w+", encoding="utf-8")
        workers.append(subprocess.Popen(command, env=env, stderr=log))
        print(f"worker {rank} has process number {workers[-1].pid}", flush=True)


def stop(workers):
    """Ends what still runs."""
    for w in workers:
        if w.poll() is None:
            w.kill()
    for w in workers:
        w.wait()


def watch(workers):
    """Waits until all workers are done, and returns None, or the rank of the first one that failed."""
    while True:
        codes = [w.poll() for w in workers]
        for rank, code in enumerate(codes):
            if code not in (None, 0):
                return rank
        if all(code == 0 for code in codes):
            return None
        time.sleep(0.05)


def why(code):
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with status {code}"


def last_lines(name, n=12):
    with open(name, encoding="utf-8", errors="replace") as f:
        return "".join(f.readlines()[-n:])


def compare(directory):
    """Prints how far the losses are from those of Go, and returns whether that is close."""
    with open(os.path.join(directory, "losses.json"), encoding="utf-8") as f:
        want = json.load(f)["losses"]
    with open(os.path.join(directory, "trained.safetensors"), "rb") as f:
        header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
    got = json.loads(header["__metadata__"]["losses"])
    apart = [abs(x - y) / max(1, abs(y)) for x, y in zip(got, want)]
    worst = max(apart, key=lambda d: math.inf if math.isnan(d) else d)
    ok = worst <= TOLERANCE  # False for NaN
    print(f"{len(got)} losses, from {got[0]:.6g} to {got[-1]:.6g}; the largest difference from Go's"
          + (f" {len(want)}" if len(got) > len(want) else "") + f" is {worst:.2g}"
          + ("" if ok else f", more than {TOLERANCE:g}"))
    return ok


def number(kind, least):
    """Returns what reads a flag: a number of the given kind, which is not less than least."""
    def read(text):
        n = kind(text)
        if not least <= n < math.inf:
            raise argparse.ArgumentTypeError(f"{text}: want {least} or more")
        return n
    read.__name__ = kind.__name__  # for the message about what is no number
    return read


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("dir", help="what `go run ./examples/export -out DIR` wrote")
    p.add_argument("-n", type=number(int, 1), default=2, help="number of processes")
    p.add_argument("--devices", type=number(int, 1), default=1, metavar="K", help="simulated devices of each process, on a CPU")
    p.add_argument("--tensor", type=number(int, 1), default=1, metavar="K", help="devices that share one copy of the parameters")
    p.add_argument("--steps", type=number(int, 1), metavar="N", help="steps to train; as many as the run in Go unless given")
    p.add_argument("--checkpoint-every", type=number(int, 0), default=5, metavar="N", help="steps from one checkpoint to the next; 0 for none")
    p.add_argument("--resume", action="store_true", help="go on from a checkpoint that an earlier run left")
    p.add_argument("--restarts", type=number(int, 0), default=3, metavar="N", help="how often to start again before giving up")
    p.add_argument("--pause", type=number(float, 0), default=0, metavar="SECONDS", help="wait after each step, to watch, or to try what a kill does")
    a = p.parse_args()
    if not os.path.exists(os.path.join(a.dir, "step.json")):
        p.error(f"{a.dir} has no step.json: write it with go run ./examples/export -out {a.dir}")
    resume, checkpoint = a.resume, os.path.join(a.dir, "checkpoint.safetensors")
    if resume and not os.path.exists(checkpoint):
        print(f"{a.dir} has no checkpoint: starting from the beginning", flush=True)
    if not resume and os.path.exists(checkpoint):
        os.replace(checkpoint, checkpoint + ".old")  # of an earlier run; a restart would take it for this one's
    for attempt in range(a.restarts + 1):
        began, workers = time.time(), []
        try:
            start(workers, a, resume)
            failed = watch(workers)
            code = workers[failed].returncode if failed is not None else 0
        finally:
            stop(workers)
        if failed is None:
            print(f"done in {time.time() - began:.1f} s")
            sys.exit(0 if compare(a.dir) else 1)
        if code == UNHEARD:
            raise BrokenPipeError
        print(f"worker {failed} {why(code)}", flush=True)
        if code > 0:  # it said why; after a kill there is nothing to read
            sys.stderr.write(last_lines(os.path.join(a.dir, f"worker{failed}.log")))
        if code == MISTAKE:
            sys.exit(MISTAKE)
        if attempt < a.restarts:
            print("starting all workers again from " + ("the last checkpoint" if os.path.exists(checkpoint) else "the beginning"), flush=True)
            resume = True
    sys.exit(f"gave up after {a.restarts} restarts; {a.dir} keeps the last checkpoint and the workers' logs")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what Python has still to write
        sys.exit(UNHEARD)
    except OSError as e:
        sys.exit(f"launch.py: {e}")
