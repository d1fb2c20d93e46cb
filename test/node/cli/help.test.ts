import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { COMMANDS } from '../../../node/cli/command-table.ts'
import { buildProgram } from '../../../node/cli/program.ts'
import { VERSION } from '../../../node/version.ts'
import { skein } from './skein.ts'

describe('cli: help', () => {
  it('is as in fixtures/help.txt, and fits a terminal of 80 by 40', async () => {
    const { code, stdout, stderr } = await skein(['--help'])
    assert.equal(code, 0)
    assert.equal(stderr, '')
    const fixture = readFileSync(new URL('./fixtures/help.txt', import.meta.url), 'utf8')
    assert.equal(stdout.replaceAll(VERSION, 'VERSION'), fixture)
    const lines = stdout.trimEnd().split('\n')
    assert.ok(lines.length <= 40, `${lines.length} lines`)
    for (const line of lines) assert.ok([...line].length <= 80, line)
  })

  it('comes without a command too, as a usage error', async () => {
    const { code, stdout, stderr } = await skein([])
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /Usage: skein <command>/)
  })

  it('loads no command for itself', async () => {
    const program = await buildProgram([])
    assert.deepEqual(
      program.commands.map(command => [command.name(), command.options.length]),
      COMMANDS.map(({ name }) => [name, 0]),
    )
  })

  describe('of each command', () => {
    let commands: readonly Command[] = []
    before(async () => {
      const withChildren = (command: Command): readonly Command[] => [
        command,
        ...command.commands.flatMap(withChildren),
      ]
      commands = (await buildProgram(COMMANDS)).commands.flatMap(withChildren)
      for (const command of commands) command.configureOutput({ getOutHelpWidth: () => 80 })
    })

    it('says what it does', () => {
      for (const command of commands) {
        assert.ok(command.summary().length > 0, command.name())
        assert.match(command.summary(), /^[a-z]/, `${command.name()}: ${command.summary()}`)
        assert.match(command.description(), /\.$/, `${command.name()}: ${command.description()}`)
      }
    })

    it('is at most 80 wide', () => {
      for (const command of commands) {
        for (const line of command.helpInformation().split('\n')) {
          assert.ok([...line].length <= 80, `${command.name()}: ${line}`)
        }
      }
    })

    it('shows examples before anything else', async () => {
      const { stdout } = await skein(['neighbors', '--help'])
      assert.match(stdout, /^ {2}skein neighbors --watch 1 +every second\n/)
      for (const line of stdout.split('\n')) assert.ok([...line].length <= 80, line)
    })
  })
})
