#!/bin/sh
# Has the emulator carry out what the real command line would take most of a second for.
PATH=/usr/bin
answer=/tmp/aws.$$
status=$(printf '%s\n' "$@" |
  curl --silent --output "$answer" --write-out '%{http_code}' --data-binary @- "$AWS_ENDPOINT_URL/command-line")
if [ "$status" = 200 ]; then
  cat "$answer"
else
  cat "$answer" >&2
  exit 254
fi
