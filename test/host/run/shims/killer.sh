# shellcheck shell=bash
# Read by every bash of the scripts: kills at the command of the number KILL_AT, once. KILL_SCOPE: `all` stands for a
# stopped unit, `shell` for the one process that the kernel picks when memory runs out. A command without an effect is
# not counted: killed before it and killed after it are the same.
set -o functrace
__effectless='^(set |source |local |exit |\[\[|\(\(|for |say |[a-z_]+=[^(]*$|(fetch|in_use|list|now_in_use|put|used_version|version_of)( |$))'
# Reading matters to the process that reads, and not when everything ends.
if [[ $KILL_SCOPE == all ]]; then
  __effectless+='|^(awk|cat|curl --fail --silent --max-time 5|cut|echo|grep|printf|sed|sha256sum|aws ssm get-parameters|systemctl is-active) ?[^>]*$|^[a-z_]+=\$\('
fi
trap 'if [[ ! $BASH_COMMAND =~ $__effectless ]]; then
  echo >>/test/kill/commands
  mapfile -t __commands </test/kill/commands
  if ((${#__commands[@]} >= KILL_AT)) && [[ ! -e /test/kill/at ]]; then
    echo "${0##*/}: $BASH_COMMAND" >/test/kill/at
    if [[ $KILL_SCOPE == all ]]; then kill -9 -1; fi
    kill -9 "$BASHPID"
  fi
fi' DEBUG
