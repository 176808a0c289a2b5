#!/bin/sh
# The real command line. Debian's version of it does not read AWS_ENDPOINT_URL.
PATH=/usr/bin
exec aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"
