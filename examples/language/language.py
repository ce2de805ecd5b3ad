"""Lets the model that `go run ./examples/language` leaves write in PyTorch, the likeliest character each time.

    python examples/language/language.py [language.safetensors]

It writes what `go run ./examples/language -generate language.safetensors -temperature 0 -length 200` does. Needs torch
and safetensors.
"""

import pathlib
import sys

import safetensors.torch
import torch
from torch import nn

state = safetensors.torch.load_file(sys.argv[1] if len(sys.argv) > 1 else "language.safetensors")
text = pathlib.Path(__file__).with_name("data").joinpath("opticks.txt").read_text()
alphabet = sorted(set(text))
size, window = len(alphabet), 32

if "1.weight_ih_l0" in state:
    layers = nn.ModuleList([nn.Embedding(size, 32), nn.GRU(32, 128, batch_first=True), nn.Linear(128, size)])

    def logits(x):
        embedding, gru, head = layers
        y, _ = gru(embedding(x))
        return head(y)
else:
    block = dict(d_model=64, nhead=4, dim_feedforward=128, dropout=0, batch_first=True, norm_first=True)
    layers = nn.ModuleList([
        nn.Embedding(size, 64), nn.Identity(), nn.TransformerEncoderLayer(**block), nn.TransformerEncoderLayer(**block),
        nn.LayerNorm(64), nn.Linear(64, size),
    ])
    at = torch.arange(window)[:, None] / 10000 ** (torch.arange(0, 64, 2) / 64)
    positions = torch.stack([at.sin(), at.cos()], 2).reshape(window, 64)

    def logits(x):
        embedding, _, first, second, norm, head = layers
        x = x[:, -window:]
        n = x.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(n)
        y = embedding(x) + positions[:n]
        return head(norm(second(first(y, mask, is_causal=True), mask, is_causal=True)))

layers.load_state_dict(state)
layers.eval()
written = [alphabet.index(c) for c in "The Rays of Light "]
with torch.no_grad():
    for _ in range(200):
        written.append(int(logits(torch.tensor([written]))[0, -1].argmax()))
print("".join(alphabet[k] for k in written))
