/** Completion scripts. Each asks the command itself, so that all shells offer the same. */

export const Shell = { Bash: "bash", Zsh: "zsh", Fish: "fish" } as const;
export type Shell = (typeof Shell)[keyof typeof Shell];

// `$1` is the command as it was typed, which need not be on the PATH. Bash 3.2, which macOS has, knows no mapfile.
const BASH = `# bash completion of tenant-edge
_tenant_edge() {
  local value text
  COMPREPLY=()
  while IFS=$'\\t' read -r value text; do
    COMPREPLY+=("$value")
  done < <("$1" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _tenant_edge tenant-edge
`;

const ZSH = `#compdef tenant-edge
_tenant_edge() {
  local -a found
  local value text
  while IFS=$'\\t' read -r value text; do
    found+=("\${value//:/\\\\:}:$text")
  done < <("$words[1]" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#found )); then _describe -V tenant-edge found; else _files; fi
}
if [[ "$funcstack[1]" == _tenant_edge ]]; then _tenant_edge "$@"; else compdef _tenant_edge tenant-edge; fi
`;

const FISH = `# fish completion of tenant-edge
function __tenant_edge_complete
    set -l words (commandline -opc)
    $words[1] complete -- $words[2..] (commandline -ct) 2>/dev/null
end
complete -c tenant-edge -f -a '(__tenant_edge_complete)'
complete -c tenant-edge -l cwd -r -F
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
