import type { CommandSpec, Completable } from './spec.ts'

/** Completion for bash 4 and newer; asks no program, so it answers at once. */
export function bashCompletion(specs: readonly CommandSpec[]): string {
  return `# bash completion for skein, made by: skein completion bash
${bashFunction(specs)}
complete -F _skein skein
`
}

/** The same function, through zsh's own layer for bash completions. */
export function zshCompletion(specs: readonly CommandSpec[]): string {
  return `#compdef skein
# zsh completion for skein, made by: skein completion zsh
autoload -U +X bashcompinit && bashcompinit
${bashFunction(specs)}
complete -F _skein skein
`
}

function bashFunction(specs: readonly CommandSpec[]): string {
  return `_skein() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
${steps(specs)}
    esac
  done
  case "$at|$prev" in
${values(specs)}
  esac
  case "$at" in
${places(specs)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}`
}

/** How each command word moves on from where the words before it led. */
function steps(specs: readonly CommandSpec[]): string {
  return specs
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => `      '${path.slice(0, -1).join(' ')} ${path.at(-1)}') at='${path.join(' ')}' ;;`)
    .join('\n')
}

/** After a flag that takes a value: that value, and nothing else. */
function values(specs: readonly CommandSpec[]): string {
  const lines = specs.flatMap(({ path, flags }) =>
    flags.flatMap(({ names, value }) => {
      if (value === null) return []
      const patterns = names.map(name => `'${path.join(' ')}|${name}'`).join('|')
      return [`    ${patterns}) ${reply(value)}return ;;`]
    }),
  )
  return lines.join('\n')
}

function reply(value: Completable): string {
  switch (value.t) {
    case 'words':
      return `COMPREPLY=($(compgen -W '${value.words.join(' ')}' -- "$cur")); `
    case 'file':
      return `compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); `
    case 'dir':
      return `compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")); `
    case 'anything':
      return ''
  }
}

/** Everywhere else: commands, arguments and flags of the command reached. */
function places(specs: readonly CommandSpec[]): string {
  return specs
    .map(({ path, commands, flags, argument }) => {
      const own = argument?.t === 'words' ? argument.words : []
      const words = [...commands.map(({ name }) => name), ...own, ...flags.flatMap(({ names }) => names)]
      const files = argument?.t === 'file' ? `; [[ $cur == -* ]] || { ${reply(argument)}return; } ;;` : ' ;;'
      return `    '${path.join(' ')}') words='${words.join(' ')}'${files}`
    })
    .join('\n')
}
