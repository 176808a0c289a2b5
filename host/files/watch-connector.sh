#!/bin/bash
# Usage: watch-connector
# Restarts a connector that has lost Cloudflare, which its process alone does not show: after two failed probes and not
# one, not while the network itself is down, and not again within ten minutes. One that is stopped stays so: somebody
# wants it, or it has just been replaced.
set -euo pipefail
# shellcheck source=state.sh
source "${0%/*}/state.sh"
cool_down=600

say() { echo "watch-connector: not ready$*"; }

port=$(cat "$state/port" 2>/dev/null) || exit 0
if curl --fail --silent --max-time 5 --output /dev/null "http://127.0.0.1:$port/ready"; then
  rm -f "$state/unready"
  exit 0
fi
# Over plain HTTP, which the edge does not answer: with TLS, curl does not tell the time when it knows no such authority.
connected=$(curl --silent --max-time 5 --output /dev/null --write-out '%{time_connect}' "http://$EDGE_HOST:7844") || true
if [[ ! $connected =~ [1-9] ]]; then
  # Once the network is back, the connector has two probes' time to be so as well.
  rm -f "$state/unready"
  say ", and $EDGE_HOST cannot be reached: a restart would not help"
  exit 0
fi
if [[ ! -e $state/unready ]]; then
  touch "$state/unready"
  say ": the next probe decides"
  exit 0
fi
now=$(date +%s)
last=$(cat "$state/restarted" 2>/dev/null || echo 0)
if ((now >= last && now - last < cool_down)); then
  say ", but restarted $((now - last)) s ago: not again within $cool_down s"
  exit 0
fi
echo "$now" | put "$state/restarted"
rm -f "$state/unready"
say " twice: restart"
systemctl try-restart --no-block "cloudflared@$port.service"
