import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, skein } from './skein.ts'

/** Every way to get it wrong, through the real executable: the code it ends with, and what it says on stderr. */
describe('cli: bad input', function () {
  // Some twenty processes, one after the other, on a machine that may be busy.
  this.timeout(60_000)
  let dir = ''
  const results = new Map<string, Ended>()
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'skein-usage-'))
    writeFileSync(join(dir, 'bad.yaml'), 'gosip: {}\nrole: pilot\n')
    writeFileSync(join(dir, 'good.yaml'), 'name: heron\n')
    writeFileSync(join(dir, 'token'), 'secret')
    // Three at a time: the machine has two cores, and others use them too.
    const waiting = [...cases]
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        results.set(next[0], await skein(next[1].replaceAll('DIR', dir).split(' ')))
      }
    }
    await Promise.all([worker(), worker(), worker()])
  })
  after(() => rmSync(dir, { recursive: true }))

  const cases: readonly (readonly [string, string, number, RegExp])[] = [
    [
      'an unknown command',
      'stauts',
      2,
      /^error: unknown command 'stauts'\n\(Did you mean status\?\)\nSee: skein --help\n$/,
    ],
    [
      'an unknown flag',
      'run --nmae x',
      2,
      /^error: unknown option '--nmae'\n\(Did you mean --name\?\)\nSee: skein run --help\n$/,
    ],
    [
      'an unknown flag of a command within a command',
      'log show --form 3',
      2,
      /\(Did you mean --from\?\)\nSee: skein log show --help\n$/,
    ],
    ['a flag without its value', 'run --name', 2, /^error: option '--name <name>' argument missing\n/],
    ['a value that a flag does not take', 'status -o xml', 2, /Allowed choices are table, json, ndjson/],
    [
      'a configuration flag that is wrong',
      'run --role pilto --set gossip.flushMs=x',
      2,
      /^error: there are 2 problems .*\n {2}--role: role: must be one of .*\n {2}--set: gossip\.flushMs: must be a whole number/,
    ],
    [
      'a multiaddr that is none',
      'run --listen 127.0.0.1:4710',
      2,
      /--listen: listen\[0\]: must be a multiaddr such as/,
    ],
    [
      'a missing pre-shared key',
      'run --psk-file DIR/none',
      2,
      /--psk-file: pskFile: there is no file to read \(ENOENT\)/,
    ],
    ['a number that is none', 'log show --from first', 2, /^error: --from first: must be a whole number/],
    [
      'an API that is none',
      'status --api http://[',
      2,
      /^error: --api http:\/\/\[: must be a URL, HOST:PORT, PORT or unix:PATH/,
    ],
    ['too many arguments', 'status now', 2, /^error: too many arguments for 'status'/],
    ['a shell that is not known', 'completion tcsh', 2, /Allowed choices are bash, zsh, fish/],
    [
      'a configuration file with errors: all of them',
      'config check DIR/bad.yaml',
      78,
      /2 problems.*\n {2}DIR\/bad\.yaml:1:1: gosip: no such setting; did you mean gossip\?\n {2}DIR\/bad\.yaml:2:7: role: must be one of/,
    ],
    [
      'a configuration file that is not there',
      'run --config DIR/none.yaml',
      78,
      /DIR\/none\.yaml: could not be read \(ENOENT\)/,
    ],
    ['a key that does not exist', 'config explain gossip.flush', 78, /did you mean gossip\.flushMs\?/],
    [
      'a node that is not there',
      'peers --api 1',
      69,
      /^error: No answer from http:\/\/127\.0\.0\.1:1: .*"skein run" starts one\.\n$/,
    ],
    ['a token file that is not there', 'status --token-file DIR/none', 74, /ENOENT.*DIR\/none/],
    ['a data directory that is none', 'log show --data-dir DIR', 2, /DIR: there is no data of a node here/],
    ['an export that is not there', 'log verify DIR/none', 74, /ENOENT.*DIR\/none/],
    ['an export that is none', 'log verify DIR/good.yaml', 1, /^$/],
    [
      'a data directory that cannot be made',
      'init --data-dir DIR/token/x',
      73,
      /^error: DIR\/token\/x: cannot be used as data directory: ENOTDIR/,
    ],
  ]

  for (const [name, args, code, stderr] of cases) {
    it(`${name}: skein ${args} -> ${code}`, () => {
      const ended = results.get(name)
      assert.match(ended?.stderr.replaceAll(dir, 'DIR') ?? '', stderr)
      assert.equal(ended?.code, code)
      assert.doesNotMatch(ended?.stderr ?? '', /\n +at /, 'no stack')
    })
  }

  it('shows the stack of an error to who asks for it', async () => {
    const { stderr } = await skein(['status', '--api', '1', '--log-level', 'debug'])
    assert.match(stderr, /^error: No answer.*\n(.*\n)* +at /)
  })
})
