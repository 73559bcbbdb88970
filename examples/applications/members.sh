#!/bin/sh
# Keeps members.json beside this file: who is alive, as a load balancer may want to know. The node starts it: gossip node run --on join,leave,fail=./members.sh
set -eu

list=$(dirname "$0")/members.json

# What happened, one JSON document. What a handler prints stands in the node's log.
cat
# Asked anew instead of reckoned from events: then a lost one does no harm.
curl --silent --show-error --fail-with-body --unix-socket "$GOSSIP_APP_SOCKET" --data '{"op":"list","state":"alive"}' \
  http://gossip/v1/apps/membership/request >"$list.new"
mv "$list.new" "$list"
