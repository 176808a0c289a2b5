#!/bin/sh
# Usage: fetch-parameter REGION NAME FILE OWNER
# Writes the decrypted value of an SSM parameter to FILE, which only OWNER may read. The value is never printed.
# A fresh instance role takes up to some minutes to be effective: every refusal is tried again with growing pauses.
set -eu
region=$1
name=$2
file=$3
owner=$4

umask 077
fresh="$file.fresh"
trap 'rm -f "$fresh"' EXIT

attempts=12
pause=1
attempt=1
while :; do
  if aws ssm get-parameter --region "$region" --name "$name" --with-decryption \
    --query Parameter.Value --output text >"$fresh" && [ -s "$fresh" ]; then
    chmod 0400 "$fresh"
    chown "$owner" "$fresh"
    mv -f "$fresh" "$file"
    exit 0
  fi
  if [ "$attempt" -ge "$attempts" ]; then break; fi
  echo "fetch-parameter: $name: attempt $attempt failed, next one in $pause s" >&2
  sleep "$pause"
  attempt=$((attempt + 1))
  pause=$((pause * 2))
  if [ "$pause" -gt 30 ]; then pause=30; fi
done
echo "fetch-parameter: $name could not be read; may the instance's role do ssm:GetParameter on it?" >&2
exit 1
