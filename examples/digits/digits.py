"""Opens the network that `go run ./examples/digits` leaves in PyTorch, and tests it.

    python examples/digits/digits.py [digits.safetensors]

Needs numpy, torch and safetensors.
"""

import pathlib
import sys

import numpy
import safetensors.torch
import torch
from torch import nn

state = safetensors.torch.load_file(sys.argv[1] if len(sys.argv) > 1 else "digits.safetensors")
conv = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
    nn.Flatten(), nn.Dropout(0.2), nn.Linear(512, 10),
)
dense = nn.Sequential(
    nn.Flatten(),
    nn.Linear(64, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.2),
    nn.Linear(256, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.2),
    nn.Linear(256, 10),
)
model = conv if "12.weight" in state else dense
model.load_state_dict(state)
model.eval()

rows = numpy.loadtxt(pathlib.Path(__file__).parent / "../internal/datasets/digits.csv.gz", delimiter=",")[::5]
x = torch.tensor(rows[:, :64] / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
right = model(x).argmax(1) == torch.tensor(rows[:, 64])
print(f"{right.sum()} of {len(right)} test rows are right: {right.double().mean():.4f}")
