#!/usr/bin/env bash
# Prepares this checkout on Debian or Ubuntu: the system libraries, and .venv with the locked dependencies.
#
#   setup.sh runtime    what running the program takes; without a display also what the tour takes
#   setup.sh dev        the above, and what lint, tests and benchmarks take
#   setup.sh gauntlet   the above, and every capture tool that the guard is tried with
#
# Writes nothing outside the checkout but through apt, as root only. A second run finds everything done and says nothing.
set -euo pipefail

kind=${1:-runtime}
case $kind in runtime | dev | gauntlet) ;; *) echo "usage: setup.sh runtime|dev|gauntlet" >&2; exit 2 ;; esac
asked=$kind
[ "$kind" != gauntlet ] || kind=dev

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$(pwd -P)
venv=$root/.venv
venv_python=$venv/bin/python
stamp=$venv/setup-$kind
build_lock=packaging/locks/build.txt
lock=packaging/locks/$kind.txt
provider_lock=tests/support/parts/oidc/package-lock.json

# What the libraries of Qt, its xcb and its wayland plugin are linked against.
qt_packages=(
    libdbus-1-3 libegl1 libfontconfig1 libfreetype6 libgl1 libglib2.0-0
    libwayland-client0 libwayland-cursor0 libwayland-egl1 libx11-6 libx11-xcb1
    libxcb-cursor0 libxcb-glx0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0
    libxcb-render0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-util1 libxcb-xfixes0 libxcb-xkb1 libxcb1
    libxkbcommon-x11-0 libxkbcommon0
)
# A private display, the hands that work it, and one capture tool (xwd).
tour_packages=(dbus-daemon x11-apps xauth xdotool xvfb)
# The capture tools that the guard must see, a window manager, a compositor and a key store.
test_packages=(
    dbus ffmpeg gnome-keyring imagemagick maim openbox picom pipewire pipewire-bin scrot x11-utils x11-xserver-utils
    tigervnc-standalone-server xclip xterm
)
# The capture tools that come with desktops and bring much of them, and a file manager to work in.
gauntlet_packages=(
    flameshot gnome-screenshot graphicsmagick kde-spectacle ksnip pcmanfm vncsnapshot x11vnc xfce4-screenshooter
)
# The programs that tests of a larger house start by themselves. redis-tools holds all of Redis but the service;
# the checker of Prometheus' configuration comes with all of it.
part_packages=(clamav-daemon nginx postgresql prometheus redis-tools)
# What starts with the machine once those are installed.
part_units=(
    clamav-daemon.service clamav-daemon.socket clamav-freshclam.service nginx.service postgresql.service
    prometheus.service
)

say() { echo "$*" >&2; }

die() {
    say "$@"
    exit 1
}

# True for a Python that the program runs on.
fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

can_make_venv() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

# Prints the Python to use, one that can make virtual environments before one that cannot yet.
find_python() {
    local candidate fallback=
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        fits "$candidate" || continue
        if can_make_venv "$candidate"; then
            echo "$candidate"
            return
        fi
        fallback=${fallback:-$candidate}
    done
    echo "$fallback"
}

# Prints the named packages that are not installed, neither by that name nor as something that provides it.
not_installed() {
    dpkg-query --show --showformat='${db:Status-Status}\t${Package}\t${Provides}\n' |
        awk -F'\t' -v wanted="$*" '
            $1 == "installed" {
                have[$2] = 1
                count = split($3, provided, /, */)
                for (i = 1; i <= count; i++) { sub(/ .*/, "", provided[i]); have[provided[i]] = 1 }
            }
            END {
                count = split(wanted, names, " ")
                for (i = 1; i <= count; i++) if (!(names[i] in have)) print names[i]
            }'
}

install_packages() {
    local install=(apt-get install --yes --no-install-recommends "$@")
    if [ "$(id -u)" != 0 ]; then
        die "VaultSecure Gallery needs $# system packages, and installing them takes root. Run this once, then try again:

    sudo ${install[*]}$(warn_of_services "$@")"
    fi
    say "Installing $# system packages: $*"
    local apt=(apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
    export DEBIAN_FRONTEND=noninteractive
    local come present
    present=$(units_here)
    "${apt[@]}" update || say "apt could not refresh its lists; trying with those that are there."
    "${apt[@]}" install --yes --no-install-recommends "$@" >"$root/build/setup-apt.log" 2>&1 || {
        tail -n 20 "$root/build/setup-apt.log" >&2
        die "apt could not install them. What it said is above and in build/setup-apt.log; mend that, then try again."
    }
    mapfile -t come < <(comm -13 <(echo "$present") <(units_here))
    [ ${#come[@]} = 0 ] || silence "${come[@]}"
}

# Prints which services of the parts this machine has, running or not.
units_here() {
    local unit
    for unit in "${part_units[@]}"; do
        [ ! -e "/lib/systemd/system/$unit" ] || echo "$unit"
    done | sort
}

# Switches off the named services: they came with the packages just now, and the tests need only the programs.
silence() {
    command -v systemctl >/dev/null || return 0
    local now=()
    [ ! -d /run/systemd/system ] || now=(--now)
    systemctl disable --quiet "${now[@]}" "$@" >>"$root/build/setup-apt.log" 2>&1 ||
        say "These services came along, are not needed, and could not be switched off: $*"
}

# Prints what somebody should know who installs the named packages by hand, if services come with any of them.
warn_of_services() {
    comm -12 <(printf '%s\n' "$@" | sort) <(printf '%s\n' "${part_packages[@]}" | sort) | grep --quiet . || return 0
    echo "

Some bring services that start with the machine. Tests need the programs only; switch off what you do not use:

    sudo systemctl disable --now ${part_units[*]}"
}

# What .venv was made from: a difference in any of it means that the set-up runs again.
fingerprint() {
    "$venv_python" -c 'import sys; print(sys.version, sys.prefix)'
    sha256sum "$build_lock" "$1" pyproject.toml packaging/linux/setup.sh
}

# True when .venv holds what the lock says. The development lock holds all of the runtime lock.
is_done() {
    [ -x "$venv_python" ] && fits "$venv_python" || return 1
    local done_kind
    for done_kind in dev "$kind"; do
        [ -f "$venv/setup-$done_kind" ] || continue
        [ "$(fingerprint "packaging/locks/$done_kind.txt")" = "$(cat "$venv/setup-$done_kind")" ] && return 0
    done
    return 1
}

pip_install() {
    PIP_ROOT_USER_ACTION=ignore "$venv_python" -m pip install --disable-pip-version-check --no-input --quiet \
        --no-deps "$@"
}

make_venv() {
    local made_at=
    [ -f "$venv/pyvenv.cfg" ] && made_at=$(sed -nE 's/^command = .* -m venv (--clear )?//p' "$venv/pyvenv.cfg")
    # One that was copied or moved here, or whose Python is gone, cannot be mended.
    if [ "$made_at" = "$venv" ] && fits "$venv_python" && "$venv_python" -c 'import pip' 2>/dev/null; then
        return
    fi
    say "Making the virtual environment .venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
}

install_locked() {
    say "Installing the locked Python packages"
    [ -w "${HOME:-/nonexistent}" ] || export PIP_NO_CACHE_DIR=1
    # What has no wheel is built with the locked tools just installed, never with what an index offers today.
    if ! pip_install --require-hashes --requirement "$build_lock" ||
        ! pip_install --require-hashes --no-build-isolation --requirement "$lock"; then
        die "They could not be installed; what pip said is above. If the network was away, just try again."
    fi
    pip_install --no-build-isolation --editable . ||
        die "They are there, but VaultSecure Gallery itself could not be installed into .venv; what pip said is above."
}

# Names what Qt would miss on a system whose packages we do not know.
check_qt() {
    local plugin missing
    plugin=$("$venv_python" -c 'import pathlib, PySide6; print(pathlib.Path(PySide6.__file__).parent)')
    missing=$(ldd "$plugin/Qt/plugins/platforms/libqxcb.so" | awk '/not found/ { print $1 }' | sort -u | tr '\n' ' ')
    [ -z "$missing" ] || die "Qt finds no $missing: install the packages of your system that hold them, then try again."
}

# Puts the sign-in provider of the tests, which runs under Node.js, where the tests look for it.
install_provider() {
    local place=$venv/parts/oidc
    ! cmp --silent "$provider_lock" "$place/installed.json" || return 0
    if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
        say "Tests of the organisation's sign-in WILL NOT RUN: they take Node.js and npm, and those are not here."
        return
    fi
    say "Installing the locked npm packages of the tests' sign-in provider"
    rm -rf "$place"
    mkdir -p "$place"
    cp "${provider_lock%/*}"/package*.json "$place"
    (cd "$place" && npm ci --cache "$root/build/npm" --ignore-scripts --no-audit --no-fund --no-update-notifier \
        --loglevel=error >&2) ||
        die "They could not be installed; what npm said is above. If the network was away, just try again."
    cp "$provider_lock" "$place/installed.json"
}

set_up_venv() {
    can_make_venv "$python" ||
        die "$python cannot make virtual environments: install its venv and ensurepip modules, then try again."
    rm -f "$venv"/setup-*
    make_venv
    install_locked
    check_qt
    fingerprint "$lock" >"$stamp"
}

mkdir -p build
exec 9>build/setup.lock
flock 9

ready=no
is_done && ready=yes

packages=("${qt_packages[@]}")
if [ "$kind" = dev ]; then
    packages+=("${tour_packages[@]}" "${test_packages[@]}" "${part_packages[@]}")
    command -v node >/dev/null || packages+=(nodejs)
    command -v npm >/dev/null || packages+=(npm)
    [ "$asked" != gauntlet ] || packages+=("${gauntlet_packages[@]}")
    # The browser to work beside; Ubuntu has it as a snap only.
    [ "$asked" != gauntlet ] || ! grep --quiet '^ID=debian$' /etc/os-release || packages+=(chromium)
elif [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    packages+=("${tour_packages[@]}")
fi

if [ $ready = no ]; then
    python=$(find_python)
    found=$("${PYTHON:-python3}" --version 2>/dev/null) || found="not there"
    [ -n "$python" ] || die "VaultSecure Gallery needs Python 3.11, 3.12 or 3.13; ${PYTHON:-python3} is $found.
Install one (on Debian 12 and later, and Ubuntu 24.04 and later: sudo apt-get install python3), or name one: PYTHON=/path/to/python3.12 make run"
    if ! can_make_venv "$python"; then
        packages+=("$("$python" -c 'import sys; print(f"python3.{sys.version_info.minor}-venv")')")
    fi
fi

if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    mapfile -t missing < <(not_installed "${packages[@]}")
    [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
fi
[ $ready = yes ] || set_up_venv
[ "$kind" != dev ] || install_provider
