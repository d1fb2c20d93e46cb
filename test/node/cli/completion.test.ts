import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMMANDS } from '../../../node/cli/command-table.ts'
import { bashCompletion, zshCompletion } from '../../../node/cli/completion/bash.ts'
import { fishCompletion } from '../../../node/cli/completion/fish.ts'
import { type CommandSpec, completionSpec } from '../../../node/cli/completion/spec.ts'
import { buildProgram } from '../../../node/cli/program.ts'
import { ROLES } from '../../../src/policy/roles.ts'
import { skein } from './skein.ts'

describe('cli: completion', () => {
  let dir = ''
  let specs: readonly CommandSpec[] = []
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'skein-completion-'))
    specs = completionSpec(await buildProgram(COMMANDS))
  })
  after(() => rmSync(dir, { recursive: true }))

  describe('in a real bash', () => {
    const cases: readonly (readonly [string, (words: readonly string[]) => boolean])[] = [
      ['skein ', words => COMMANDS.every(({ name }) => words.includes(name)) && words.includes('--help')],
      ['skein st', words => words.join() === 'status'],
      ['skein config ', words => ['check', 'explain', 'schema', 'docs'].every(word => words.includes(word))],
      ['skein config ex', words => words.join() === 'explain'],
      ['skein config explain gossip.f', words => words.join() === 'gossip.flushMs'],
      ['skein run --boot', words => words.join() === '--bootstrap'],
      ['skein run --role ', words => words.join() === ROLES.join()],
      ['skein run --name x --log-level d', words => words.join() === 'debug'],
      ['skein status -o n', words => words.join() === 'ndjson'],
      ['skein status --output ', words => words.join() === 'table,json,ndjson'],
      ['skein completion ', words => ['bash', 'zsh', 'fish'].every(word => words.includes(word))],
      ['skein run --name ', words => words.length === 0],
      ['skein log verify here', words => words.join() === 'here.ndjson'],
      ['skein run --config here', words => words.join() === 'here.ndjson'],
      ['skein run --data-dir su', words => words.join() === 'sub'],
      ['skein log show --', words => words.includes('--data-dir') && !words.includes('--bootstrap')],
    ]
    const found = new Map<string, readonly string[]>()

    before(() => {
      writeFileSync(join(dir, 'here.ndjson'), '')
      execFileSync('mkdir', [join(dir, 'sub')])
      // One bash for all: it loads the script as a user would and asks as readline does.
      const ask = cases.map(([line]) => {
        const words = line.split(' ').map(word => `'${word}'`)
        return `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; COMPREPLY=(); _skein; echo "\${COMPREPLY[*]}"`
      })
      writeFileSync(
        join(dir, 'ask.bash'),
        [bashCompletion(specs), 'complete -p skein >&2', ...ask].join('\n'),
      )
      const out = execFileSync('bash', ['--norc', 'ask.bash'], { cwd: dir, encoding: 'utf8', stdio: 'pipe' })
      for (const [index, line] of out.trimEnd().split('\n').entries()) {
        found.set(cases[index]?.[0] ?? '', line === '' ? [] : line.split(' '))
      }
    })

    for (const [line, matches] of cases) {
      it(`${line}<TAB>`, () => {
        const words = found.get(line) ?? []
        assert.ok(matches(words), words.join(' '))
      })
    }
  })

  it('knows every command, flag and key in every shell', () => {
    const scripts = [bashCompletion(specs), zshCompletion(specs), fishCompletion(specs)]
    for (const { path, flags } of specs) {
      for (const script of scripts) {
        for (const word of path) assert.ok(script.includes(word), word)
        for (const { names } of flags) {
          for (const name of names) assert.ok(script.includes(name.replace(/^-+/, '')), name)
        }
      }
    }
  })

  for (const [shell, check] of [
    ['zsh', '-n'],
    ['fish', '--no-execute'],
  ] as const) {
    it(`is well-formed for ${shell}`, () => {
      const path = join(dir, shell)
      writeFileSync(path, shell === 'zsh' ? zshCompletion(specs) : fishCompletion(specs))
      const { error, status, stderr } = spawnSync(shell, [check, path], { encoding: 'utf8' })
      if (error !== undefined) console.log(`      (not tried: no ${shell} on this machine)`)
      else assert.equal(status, 0, stderr)
    })
  }

  it('is printed by the program', async () => {
    const { code, stdout } = await skein(['completion', 'bash'])
    assert.equal(code, 0)
    assert.equal(stdout, bashCompletion(specs))
  })
})
