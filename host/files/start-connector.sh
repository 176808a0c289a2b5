#!/bin/bash
# Usage: start-connector
# When there is another token than the connector runs with: starts a second connector, on the free one of two ports,
# and stops the first one when the second is connected. At every moment there is one for requests to go to. The first of
# all waits for the app: until it answers, requests are better off with another host.
set -euo pipefail
# shellcheck source=state.sh
source "${0%/*}/state.sh"

if [[ ! -e $secrets/tunnel-token ]] || in_use tunnel-token; then exit 0; fi
"${0%/*}/install-cloudflared"

new=20241
old=20242
if systemctl is-active --quiet "cloudflared@$new.service"; then
  new=20242
  old=20241
fi
if [[ -n $APP_URL ]] && ! systemctl is-active --quiet "cloudflared@$old.service"; then
  for ((attempt = 1; ; attempt++)); do
    if curl --insecure --silent --max-time 5 --output /dev/null "$APP_URL"; then break; fi
    if ((attempt == 30)); then
      echo "start-connector: the app does not answer at $APP_URL: no connector is started for it" >&2
      exit 1
    fi
    sleep 2
  done
fi
if ! systemctl restart "cloudflared@$new.service"; then
  systemctl stop "cloudflared@$new.service"
  echo "start-connector: the new connector did not connect: whatever ran before still does" >&2
  exit 1
fi
echo "$new" | put "$state/port"
# It first answers the requests that it has.
systemctl stop --no-block "cloudflared@$old.service"
now_in_use tunnel-token
echo "start-connector: connected, metrics on port $new"
