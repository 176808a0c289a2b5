#!/bin/sh
# Stands for any program: writes its arguments down, as others on the machine could see them, and runs it.
printf '%s\n' "${0##*/} $*" >>/test/calls/arguments
for folder in /test/bin /usr/bin; do
  if [ -x "$folder/${0##*/}" ]; then exec "$folder/${0##*/}" "$@"; fi
done
exit 127
