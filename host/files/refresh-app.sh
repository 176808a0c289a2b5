#!/bin/bash
# Usage: refresh-app
# When there are other S3 credentials than the app has: writes them where the app's group may read them, and reloads or
# restarts the app, or starts it the first time.
set -euo pipefail
# shellcheck source=state.sh
source "${0%/*}/state.sh"
app=/run/tenant-edge/app
key=bucket-environment

if [[ $PARAMETERS == *"/$key"* ]]; then
  if [[ ! -e $secrets/$key ]] || in_use $key; then exit 0; fi
  mkdir -p $app
  chgrp tenant-app $app
  chmod 0750 $app
  cp "$secrets/$key" $app/bucket.env.fresh
  chgrp tenant-app $app/bucket.env.fresh
  chmod 0640 $app/bucket.env.fresh
  mv -f $app/bucket.env.fresh $app/bucket.env
elif [[ -e $state/app ]]; then
  exit 0
fi
if [[ -n $APP_UNIT ]]; then
  # What the image may have started has neither the variables nor the group: a reload would give it none.
  verb=restart
  if [[ -e $state/$key.used ]]; then verb=reload-or-restart; fi
  echo "refresh-app: $verb of $APP_UNIT"
  systemctl $verb "$APP_UNIT"
fi
if [[ $PARAMETERS == *"/$key"* ]]; then
  sed -n 's/^TENANT_EDGE_KEY_GENERATION=//p' $app/bucket.env | put "$state/generation"
  now_in_use $key
else
  touch "$state/app"
fi
