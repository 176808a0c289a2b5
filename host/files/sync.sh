#!/bin/bash
# Usage: sync
# Brings the host to what its SSM parameters say. Each step does only what is left to do, so that a run that was killed
# is completed by the next one, and one that fails keeps nothing else from being done.
set -uo pipefail
status=0
for step in fetch-secrets refresh-app start-connector report-versions; do
  "${0%/*}/$step" || status=1
done
exit "$status"
