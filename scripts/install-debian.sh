#!/bin/sh
# Installs Debian packages that some tests need: install-debian.sh PACKAGE…
# Does nothing when all are there. Where it must not or cannot install, it says why in one line and ends with 1.
set -u

missing=''
for package in "$@"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

refuse() {
  echo "Debian's$missing: $1" >&2
  exit 1
}
command -v apt-get >/dev/null 2>&1 || refuse 'not here, and this is no Debian'
[ "$(id -u)" -eq 0 ] || refuse 'not here, and only root can install packages'

# One at a time: two tests may want packages at once.
exec 9<"$0"
flock 9
export DEBIAN_FRONTEND=noninteractive
install() {
  # shellcheck disable=SC2086 # a list of words
  apt-get install --quiet --quiet --yes --no-install-recommends --option DPkg::Lock::Timeout=120 $missing >/dev/null 2>&1
}
# The lists may be absent or old; then the first try fails.
install || { apt-get update --quiet --quiet >/dev/null 2>&1 && install; } || refuse 'apt-get cannot install it'
