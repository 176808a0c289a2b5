#!/usr/bin/env bash
# Brings to main what an operation changed in the tenant list of $STACK, whatever commit is checked out. Does nothing when
# the list lives in object storage, or nothing was due.
set -euo pipefail

file="Pulumi.$STACK.yaml"
if git diff --quiet -- "$file"; then
  echo "$file is as it was"
  exit 0
fi

export GIT_AUTHOR_NAME='github-actions[bot]' GIT_COMMITTER_NAME='github-actions[bot]'
export GIT_AUTHOR_EMAIL='41898282+github-actions[bot]@users.noreply.github.com'
export GIT_COMMITTER_EMAIL="$GIT_AUTHOR_EMAIL"
git commit --quiet --message "Expire tenants of $STACK

The stack is there already: this commit makes the list say so." -- "$file"
commit=$(git rev-parse HEAD)

by_hand() {
  echo "::error::$1 The stack is there already: make this change on main by hand."
  git show "$commit"
  exit 1
}

for _ in {1..10}; do
  git fetch --quiet --depth=1 origin main
  git checkout --quiet --force --detach FETCH_HEAD
  git cherry-pick --no-commit "$commit" || by_hand "main has changed the same entries of $file."
  if git diff --cached --quiet; then exit 0; fi
  git commit --quiet --reuse-message="$commit"
  # Somebody else may push between the fetch and this: the jobs of the other stacks do.
  if git push --quiet origin HEAD:main; then exit 0; fi
done
by_hand "$file could not be pushed to main."
