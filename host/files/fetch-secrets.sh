#!/bin/bash
# Usage: fetch-secrets
# Fetches the secrets whose version changed. Asking for the versions is one call that decrypts nothing. No value is printed.
set -euo pipefail
# shellcheck source=state.sh
source "${0%/*}/state.sh"

say() { echo "fetch-secrets: $*"; }

# Name, version and time of the last change of each parameter and, of the report alone, its value. The time tells a
# parameter that was deleted and made again, which counts from 1 anew.
list() {
  # shellcheck disable=SC2086 # it is a list
  aws ssm get-parameters --names $PARAMETERS "$REPORT_PARAMETER" --output text \
    --query "Parameters[].[Name, Version, LastModifiedDate, Type=='String' && Value || '-']"
}

# fetch NAME VERSION TIME KEY
fetch() {
  local fresh=$secrets/$4.fresh
  if ! aws ssm get-parameter --with-decryption --name "$1:$2" --output text --query Parameter.Value >"$fresh"; then
    say "$1: version $2 could not be read"
    return 1
  fi
  if ! grep -q '[^[:space:]]' "$fresh"; then
    say "$1: version $2 is empty: the older one stays"
    return 1
  fi
  mv -f "$fresh" "$secrets/$4" && echo "$2 $3" | put "$state/$4.version" && say "$1: fetched version $2"
}

if ! command -v aws >/dev/null; then
  say "the image has no AWS command line: take a standard image of Amazon Linux 2023, not a minimal one"
  exit 1
fi

# A fresh role takes some minutes to be effective: until it first was, a refusal is met with growing, jittered pauses.
pause=1
until listed=$(list); do
  if [[ -e $state/listed ]] || ((pause > 600)); then
    say "the parameters could not be read: does the host's role allow it, and is there a way out to SSM?"
    exit 1
  fi
  seconds=$((pause < 30 ? pause : 30))
  sleep "$((seconds + RANDOM % (seconds + 1)))"
  pause=$((pause * 3 / 2 + 1))
done
echo "$listed" | put "$state/listed"

status=0
for name in $PARAMETERS; do
  key=${name##*/}
  listed=$(awk -v name="$name" '$1 == name { print $2, $3 }' "$state/listed")
  if [[ -z $listed ]]; then
    say "$name does not exist"
    status=1
  elif [[ $(cat "$state/$key.version" 2>/dev/null) != "$listed" ]]; then
    fetch "$name" "${listed% *}" "${listed#* }" "$key" || status=1
  fi
done
exit "$status"
