#!/usr/bin/env bash
# Tests what runs on a plugin of PJRT: this module, and examples/pjrt. Without a C compiler it says so and succeeds; without
# a plugin it runs the tests that need none.
#
# PJRT_PLUGIN_LIBRARY_PATH names the plugin. Without it, `check.sh fetch` takes the one of requirements.txt, for processors,
# which goes to the user's cache, once for each state of that file.
set -euo pipefail
cd "$(dirname "$0")"

if [ "$(go env CGO_ENABLED)" != 1 ] || ! command -v "$(go env CC)" >/dev/null; then
	echo "there is no C compiler: the modules that run on PJRT are skipped"
	exit 0
fi

# plugin prints the path of a plugin's directory.
plugin() {
	command -v python3 >/dev/null || return
	local venv; venv="${XDG_CACHE_HOME:-$HOME/.cache}/chainrule/pjrt-$(sha256sum requirements.txt | cut -c1-16)"
	if [ ! -e "$venv/complete" ]; then
		rm -rf "$venv"
		python3 -m venv "$venv" >&2 || return
		"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt >&2 || return
		touch "$venv/complete"
	fi
	dirname "$venv"/lib/*/site-packages/*/pjrt_c_api_cpu_plugin.so
}

if [ -z "${PJRT_PLUGIN_LIBRARY_PATH:-}" ] && [ "${1:-}" = fetch ]; then
	if path=$(plugin); then
		export PJRT_PLUGIN_LIBRARY_PATH="$path"
	else
		echo "no plugin of PJRT can be installed: the tests that need one are skipped"
	fi
fi

for module in . ../../../../examples/pjrt; do
	(
		cd "$module"
		go mod tidy -diff
		go vet ./...
		go build -o /dev/null ./...
		go test -count=1 ./...
	)
done
