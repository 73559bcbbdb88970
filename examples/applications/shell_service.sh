#!/bin/sh
# Announces a service in the registry for as long as it runs, and takes it out again: shell_service.sh SOCKET NAME ADDRESS COMMAND…
set -eu

socket=$1 name=$2 address=$3
shift 3

ask() {
  curl --silent --show-error --fail-with-body --unix-socket "$socket" --data "$1" http://gossip/v1/apps/registry/request
}

# Before it is announced: a signal that comes at once finds them.
trap 'ask "{\"op\":\"delete\",\"key\":\"service/$name\"}"; echo' EXIT
# A signal ends the command, too, and only then is the trap above run; without a command yet, that is at once.
trap '[ -n "${!:-}" ] || exit; kill "$!"' INT TERM
ask "{\"op\":\"set\",\"key\":\"service/$name\",\"value\":\"$address\"}"
echo
# In the background the command would have no standard input of its own.
exec 3<&0
"$@" <&3 &
wait "$!"
