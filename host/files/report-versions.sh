#!/bin/bash
# Usage: report-versions
# Tells what runs here, for whoever waits for it, in the one parameter that this host may write. No value is in it.
set -euo pipefail
# shellcheck source=state.sh
source "${0%/*}/state.sh"

used_version() { cut -d ' ' -f 1 "$state/$1.used" 2>/dev/null || echo 0; }

port=$(cat "$state/port" 2>/dev/null || echo 20241)
connector=$(curl --fail --silent --max-time 5 "http://127.0.0.1:$port/ready" |
  sed -n 's/.*"connectorId":"\([0-9a-f-]*\)".*/\1/p') || true
generation=$(cat "$state/generation" 2>/dev/null) || true
report=$(printf '{"instanceId":"%s","connectorId":"%s","cloudflared":"%s","tunnelToken":%s,"bucketEnvironment":%s,"keyGeneration":%s}' \
  "$(cat /var/lib/cloud/data/instance-id)" "$connector" "$CLOUDFLARED_VERSION" \
  "$(used_version tunnel-token)" "$(used_version bucket-environment)" "${generation:-0}")

if [[ $report != "$(awk -v name="$REPORT_PARAMETER" '$1 == name { print $4 }' "$state/listed" 2>/dev/null)" ]]; then
  aws ssm put-parameter --name "$REPORT_PARAMETER" --overwrite --value "$report" --output text >/dev/null
  echo "report-versions: reported $report"
fi
