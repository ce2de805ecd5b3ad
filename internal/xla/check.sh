#!/usr/bin/env bash
# Holds exported graphs against XLA and ONNX Runtime: everything of this repository that needs Python. Without JAX it says so
# and succeeds.
#
# CHAINRULE_PYTHON names an interpreter that has what requirements.txt lists. Without it a virtual environment is made in
# the user's cache, once for each state of that file. CHAINRULE_IREE_COMPILE names IREE's compiler, if it is to take the
# modules too. CHAINRULE_XLA_ROWS, a regular expression of the beginnings of operations' names, chooses among the operations,
# and leaves out everything else.
#
# check.sh install makes the virtual environment and no more. check.sh short tries operations in float64 only; steps of
# training are in float32.
set -euo pipefail
cd "$(dirname "$0")"

skip() { echo "$*: the check against XLA is skipped"; exit 0; }

if [ -z "${CHAINRULE_PYTHON:-}" ]; then
	command -v python3 >/dev/null || skip "there is no python3"
	venv="${XDG_CACHE_HOME:-$HOME/.cache}/chainrule/xla-$(sha256sum requirements.txt | cut -c1-16)"
	if [ ! -e "$venv/complete" ]; then
		rm -rf "$venv"
		python3 -m venv "$venv" || skip "python3 makes no virtual environment"
		"$venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt || skip "JAX cannot be installed"
		touch "$venv/complete"
	fi
	CHAINRULE_PYTHON="$venv/bin/python"
fi

# Small modules are compiled once and run for a moment: without LLVM's optimizations that takes a third less. XLA_FLAGS= in
# the environment brings them back.
export XLA_FLAGS="${XLA_FLAGS---xla_backend_optimization_level=0}"

if [ "${1:-}" = install ]; then exit; fi

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
CHAINRULE_XLA="$out" go test -count=1 -run TestCases .
if [ "${1:-}" = short ]; then rm "$out"/float32-*; fi
"$CHAINRULE_PYTHON" check.py ${CHAINRULE_IREE_COMPILE:+--iree-compile "$CHAINRULE_IREE_COMPILE"} "$out"

[ -z "${CHAINRULE_XLA_ROWS:-}" ] || exit 0

# Steps of training that examples/export wrote, on one and on several devices and processes, one of which dies.
for model in mlp cnn gru; do go run ../../examples/export -model "$model" -out "$out/steps/$model" >/dev/null; done
"$CHAINRULE_PYTHON" distributed.py "$out/steps"/{mlp,cnn,gru}
# Their weights come back to Go.
CHAINRULE_TRAINED="$out/steps/mlp:$out/steps/cnn:$out/steps/gru" go test -count=1 -run TestTrained ../../examples/export

# Models that autograd/program/onnx writes, and every operation.
mkdir "$out/onnx"
CHAINRULE_ONNX="$out/onnx" go test -C ../../autograd/program/onnx -count=1 -run Models .
"$CHAINRULE_PYTHON" ../../autograd/program/onnx/check.py "$out/onnx"
