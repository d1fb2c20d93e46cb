import { Argument, Command } from 'commander'
import { COMMANDS } from '../command-table.ts'
import { bashCompletion, zshCompletion } from '../completion/bash.ts'
import { fishCompletion } from '../completion/fish.ts'
import { completionSpec } from '../completion/spec.ts'
import { withExamples } from '../options.ts'
import { buildProgram } from '../program.ts'

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const

export function command(): Command {
  const completion = new Command('completion')
    .description('Prints what makes a shell complete commands, flags and values of skein.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SHELLS)))
    .action(async (shell: keyof typeof SHELLS) => {
      const specs = completionSpec(await buildProgram(COMMANDS))
      process.stdout.write(SHELLS[shell](specs))
    })
  return withExamples(completion, [
    ['source <(skein completion bash)', 'for this shell; put it into ~/.bashrc to keep it'],
    ['skein completion zsh > ~/.zsh/_skein', 'for zsh, in a directory of its fpath'],
    ['skein completion fish > ~/.config/fish/completions/skein.fish', 'for fish'],
  ])
}
