#!/usr/bin/env bash
# Installs what dmm-testbed needs: the system's packages, then this tree's virtual environment, .venv.
# The one install script: make, CI and Vagrant all run it. Safe to repeat; quick when nothing changed.
#
#   vagrant/provision.sh [--link] [--browser]
#     --link: also put dmm-testbed on everybody's PATH (/usr/local/bin)
#     --browser: also install Chromium, with which tests look at reports
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
stamp=$venv/.provisioned
packages=(python3 python3-venv mininet tshark wireshark-common iperf3 iproute2 iputils-ping
  nftables ethtool util-linux tcpdump procps kmod make git smcroute dnsmasq-base
  freediameterd freediameter-extensions)
commands=(mnexec tshark dumpcap mergecap iperf3 ip ping nft ethtool unshare sysctl smcrouted dnsmasq)

say() { echo "provision: $*"; }
fail() { echo "provision: $*" >&2; exit 2; }

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

missing_commands() {
  local command
  for command in "${commands[@]}"; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || echo "$command"
  done
}

# Runs start daemons of their own inside their sandboxes: none is to route on the machine itself.
mask_services() {
  local unit units=/etc/systemd/system
  [[ -d $units ]] || return 0
  for unit in smcroute.service smcroute-helper.service; do
    [[ -e $units/$unit ]] || ln -s /dev/null "$units/$unit"
  done
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || fail "these packages are missing: ${missing[*]}; run this once as root (sudo)"
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # A set-uid dumpcap would be closed to users outside the group wireshark; runs do not need it.
  [[ " ${missing[*]} " != *" wireshark-common "* ]] ||
    echo 'wireshark-common wireshark-common/install-setuid boolean false' | debconf-set-selections
  [[ " ${missing[*]} " != *" smcroute "* ]] || mask_services
  # A machine that has just booted may still be busy with its own upgrades: wait for the lock.
  local apt=(apt-get -qq -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
}

# Only tests need it, and not every distribution has it as a package: without it those are skipped.
install_browser() {
  if command -v chromium chromium-browser >/dev/null; then return; fi
  ((EUID == 0)) || { say "no Chromium: tests that look at reports will be skipped"; return; }
  say "installing chromium"
  local apt=(apt-get -qq -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update
  DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y --no-install-recommends chromium >/dev/null ||
    say "no Chromium to install: tests that look at reports will be skipped"
}

find_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  fail "no Python 3.11 or newer found; install one (Debian 12 and Ubuntu 24.04 have it)"
}

# What the environment was made from; a copied or moved tree must make its own.
fingerprint() { { echo "$root"; cat "$root/pyproject.toml" "${BASH_SOURCE[0]}"; } | sha256sum; }

install_environment() {
  if [[ -x $venv/bin/python && $(cat "$stamp" 2>/dev/null) == "$(fingerprint)" ]]; then return; fi
  local python
  python=$(find_python)
  say "making $venv with $("$python" --version)"
  "$venv/bin/python" -c '' 2>/dev/null && [[ -x $venv/bin/pip ]] || "$python" -m venv --clear "$venv"
  "$venv/bin/python" -m pip install -q --disable-pip-version-check -e "$root[test]"
  fingerprint >"$stamp"
  # What sudo's root has made in a user's tree belongs to the user.
  [[ -z ${SUDO_UID:-} ]] || chown -R "$SUDO_UID:$SUDO_GID" "$venv" "$root"/*.egg-info
}

if command -v apt-get >/dev/null; then
  install_packages
  [[ " $* " != *" --browser "* ]] || install_browser
else
  say "this system has no apt-get: only looking for the commands that are needed"
fi
absent=$(missing_commands | paste -sd' ')
[[ -z $absent ]] || fail "these commands are missing: $absent; docs/install.md says where they come from"
install_environment
if [[ " $* " == *" --link "* ]]; then ln -sfn "$venv/bin/dmm-testbed" /usr/local/bin/dmm-testbed; fi
