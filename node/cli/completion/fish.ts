import type { CommandSpec, Completable, FlagSpec } from './spec.ts'

/** Completion for fish, with what each word means beside it. */
export function fishCompletion(specs: readonly CommandSpec[]): string {
  const steps = specs
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => {
      const from = `${path.slice(0, -1).join(' ')} ${path.at(-1)}`
      return `      case ${quoted(from)}\n        set at ${quoted(path.join(' '))}`
    })
  return `# fish completion for skein, made by: skein completion fish
function __skein_at
  set -l at ''
  for word in (commandline -opc)[2..]
    switch "$at $word"
${steps.join('\n')}
    end
  end
  test "$at" = "$argv[1]"
end
complete -c skein -f
${specs.flatMap(lines).join('\n')}
`
}

function lines({ path, commands, flags, argument }: CommandSpec): readonly string[] {
  const here = `complete -c skein -n ${quoted(`__skein_at ${quotedInside(path.join(' '))}`)}`
  return [
    ...commands.map(({ name, about }) => `${here} -a ${name} -d ${quoted(about)}`),
    ...(argument === null ? [] : [`${here}${what(argument)}`]),
    ...flags.map(flag => `${here}${flagText(flag)}`),
  ]
}

function flagText({ names, about, value }: FlagSpec): string {
  const forms = names.map(name => (name.startsWith('--') ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`))
  return `${forms.join('')} -d ${quoted(about)}${value === null ? '' : `${value.t === 'words' ? ' -x' : ' -r'}${what(value)}`}`
}

function what(value: Completable): string {
  switch (value.t) {
    case 'words':
      return ` -a ${quoted(value.words.join(' '))}`
    case 'file':
      return ' -F'
    case 'dir':
      return " -a '(__fish_complete_directories)'"
    case 'anything':
      return ''
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

function quotedInside(text: string): string {
  return `"${text}"`
}
