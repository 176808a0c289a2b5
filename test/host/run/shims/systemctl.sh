#!/bin/sh
# Plays systemd: an active unit is a file that holds the id of its start and what it was started with.
PATH=/usr/bin
echo "$*" >>/test/calls/systemctl
verb=$1
for word; do unit=$word; done
file=/test/units/$unit

# How many connectors there are for requests to go to.
count() { find /test/units -name 'cloudflared@*' | wc -l >>/test/calls/connectors; }

start() {
  rm -f "$file"
  count
  { cat /proc/sys/kernel/random/uuid && if [ -e "$1" ]; then cat "$1"; fi; } >"$file" || exit 1
  count
}

case $verb:$unit in
is-active:*) test -e "$file" ;;
stop:*)
  rm -f "$file"
  count
  ;;
try-restart:*) if [ -e "$file" ]; then start /run/tenant-edge/secrets/tunnel-token; fi ;;
restart:cloudflared@*)
  rm -f "$file"
  if [ -e /test/refuse-connectors ]; then exit 1; fi
  /usr/local/bin/cloudflared --version >/dev/null && start /run/tenant-edge/secrets/tunnel-token
  ;;
restart:* | reload-or-restart:*)
  if [ -e /test/refuse-app ]; then exit 1; fi
  start /run/tenant-edge/app/bucket.env
  ;;
*) exit 1 ;;
esac
