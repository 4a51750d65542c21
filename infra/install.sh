#!/usr/bin/env bash
# What the Makefile needs and this machine lacks: `install.sh venv` makes .venv, `install.sh test-tools` asks apt for
# the programs that the tests run, `install.sh peers` fetches what `aura bench peers` measures against. All it says goes to standard error: standard output belongs to the commands.
set -euo pipefail
exec 1>&2

say() { printf 'aura: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

apt_install() {
    local advice="install it: apt-get install $*"
    command -v apt-get >/dev/null || fail "$* is missing and there is no apt-get here; install it and try again"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "$* is missing; $advice"
        as_root=(sudo)
    fi
    say "installing with apt-get: $*"
    "${as_root[@]}" apt-get update -qq </dev/null || fail "apt-get update failed; $advice"
    # Debian starts what it installs; Prometheus would do so on port 9090 of every address, where docker compose wants
    # its own. The tests need promtool alone.
    case " $* " in
        *" prometheus "*) "${as_root[@]}" systemctl mask --quiet prometheus.service </dev/null >/dev/null 2>&1 || true ;;
    esac
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null ||
        fail "apt-get could not do it; $advice"
}

# The first Python of 3.11 or later; 3.11 is what the lock was made for.
find_python() {
    local name
    for name in python3.11 python3.12 python3.13 python3; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "expected Python 3.11 or later on the PATH, found $(python3 --version 2>/dev/null || echo none);" \
        "on Debian: apt-get install python3 python3-venv"
}

make_venv() {
    if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
        local python
        python=$(find_python)
        if ! "$python" -c 'import ensurepip' 2>/dev/null; then
            say "$python cannot make virtual environments: Debian keeps that in a package of its own"
            apt_install "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
        fi
        say "making .venv with $("$python" --version)"
        "$python" -m venv --clear .venv
    fi
    say "installing the packages of infra/requirements.lock into .venv (some minutes the first time)"
    .venv/bin/python -m pip install --disable-pip-version-check --no-input --quiet --require-hashes -r infra/requirements.lock
    .venv/bin/python -m pip install --disable-pip-version-check --no-input --quiet --no-build-isolation --no-deps -e .
}

# Beside .venv, not in it: the peers want other versions of packages that Aura has too. Their programs get this folder
# before .venv, and so the same TensorFlow, Keras, Faust and redis as Aura.
install_peers() {
    local python=.venv/bin/python
    [ -x "$python" ] || fail "there is no .venv here; make install makes it"
    say "installing the packages of infra/peers.lock into .aura/peers"
    rm -rf .aura/peers .aura/peers.new
    "$python" -m pip install --disable-pip-version-check --no-input --quiet --require-hashes \
        --target .aura/peers.new -r infra/peers.lock
    mv .aura/peers.new .aura/peers
}

check_java() {
    local shown version
    shown=$(java -version 2>&1) || fail "expected Java 17 or later on the PATH for Kafka, found none;" \
        "on Debian: apt-get install openjdk-17-jre-headless"
    version=$(sed -nE 's/.*version "(1\.)?([0-9]+).*/\2/p' <<<"$shown" | head -n 1)
    [ "${version:-0}" -ge 17 ] || fail "expected Java 17 or later for Kafka, found: $(head -n 1 <<<"$shown")"
}

test_tools() {
    check_java
    local missing=()
    command -v redis-server >/dev/null || missing+=(redis-server)
    command -v promtool >/dev/null || missing+=(prometheus)
    command -v mvn >/dev/null || missing+=(maven)
    command -v curl >/dev/null || missing+=(curl)
    command -v kcat >/dev/null || missing+=(kcat)
    command -v chromium >/dev/null || missing+=(chromium)
    command -v chromedriver >/dev/null || missing+=(chromium-driver)
    [ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"
}

case "${1:-}" in
    venv) make_venv ;;
    test-tools) test_tools ;;
    peers) install_peers ;;
    *) fail "expected venv, test-tools or peers, got '${1:-}'" ;;
esac
