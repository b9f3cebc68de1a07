#!/usr/bin/env bash
# Installs the services that tests start: redis-server (Debian) and moto's server (PyPI), in tests/.services.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if ! command -v redis-server >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends redis-server
fi
if ! [ -x .services/bin/moto_server ] || ! .services/bin/python -c 'import moto; assert moto.__version__ == "5.2.5"'; then
  # Debian has the module venv in a package of its own.
  python3 -m venv .services || { apt-get update -q && apt-get install -y -q python3-venv && python3 -m venv .services; }
  .services/bin/pip install -q 'moto[server]==5.2.5'
fi
# Fuzzes the HTTP service; without it that test fails and says so.
fuzzer=.services/fuzzer
if ! [ -x $fuzzer/bin/st ] || ! $fuzzer/bin/pip list 2>/dev/null | grep -q '^schemathesis *4\.32\.5$'; then
  { python3 -m venv $fuzzer && $fuzzer/bin/pip install -q 'schemathesis==4.32.5'; } ||
    echo "schemathesis cannot be installed" >&2
fi
