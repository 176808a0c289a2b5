# What the scripts share: the folders on tmpfs that only root may enter, and which content of a secret is in use.
# shellcheck shell=bash
secrets=/run/tenant-edge/secrets
state=/run/tenant-edge/state
mkdir -p "$secrets" "$state"

# put FILE: standard input becomes the file in one step.
put() {
  cat >"$1.fresh" && mv -f "$1.fresh" "$1"
}

# version_of KEY: the version of the secret that lies there, as far as it is known.
version_of() {
  cut -d ' ' -f 1 "$state/$1.version" 2>/dev/null || echo 0
}

# in_use KEY: whether the secret that lies there is the one that was last put to use. An equal one of another version
# takes its place without further ado.
in_use() {
  local used
  used=$(cat "$state/$1.used" 2>/dev/null) && [[ ${used#* } == "$(sha256sum <"$secrets/$1")" ]] || return 1
  if [[ ${used%% *} != "$(version_of "$1")" ]]; then now_in_use "$1"; fi
}

# now_in_use KEY: remembers its version and the hash of its content.
now_in_use() {
  echo "$(version_of "$1") $(sha256sum <"$secrets/$1")" | put "$state/$1.used"
}
