import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLogger, type LogFormat, type LogLevel } from '../../node/log.ts'
import { libp2pLogger } from '../../node/log-libp2p.ts'

function capture(level: LogLevel, format: LogFormat) {
  const lines: string[] = []
  const log = createLogger({ level, format, name: 'heron', to: { write: line => lines.push(line) } })
  return { log, lines, json: (): Record<string, unknown>[] => lines.map(line => JSON.parse(line)) }
}

describe('log', () => {
  it('writes one JSON object a line, with level, UTC time and node in words', () => {
    const { log, json } = capture('info', 'json')
    log.info({ peers: 3 }, 'peer joined')
    const [line] = json()
    assert.partialDeepStrictEqual(line, { level: 'info', node: 'heron', peers: 3, msg: 'peer joined' })
    assert.match(String(line?.time), /^\d{4}-\d\d-\d\dT.*Z$/)
  })

  it('writes for a human: time, level, message, facts', () => {
    const { log, lines } = capture('info', 'human')
    log.warn({ peer: '12D3KooWa', why: 'no route', tries: 2 }, 'dial failed')
    assert.match(
      lines.join(''),
      /^\d\d:\d\d:\d\d\.\d{3} warn {2}dial failed {2}peer=12D3KooWa {2}why="no route" {2}tries=2\n$/,
    )
  })

  it('lets no peer steer the terminal by what it calls itself', () => {
    const { log, lines } = capture('info', 'human')
    log.info({ name: '\x1b[2J', wide: 'two \x9b1m', turned: '\u202egnp', '\x07': 1 }, 'hello \x1b]0;x\x07')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    assert.doesNotMatch(lines.join('').trimEnd(), /[\x00-\x1f\x7f-\x9f\u202e]/)
    assert.match(lines.join(''), /name=\ufffd\[2J/)
  })

  it('is JSON where stderr is no terminal and nothing was chosen', () => {
    const { log, json } = capture('info', 'auto')
    log.info('hello')
    assert.equal(json().length, 1)
  })

  it('keeps the code of an error', () => {
    const { log, json } = capture('info', 'json')
    log.error(Object.assign(new Error('disk full'), { code: 'ENOSPC' }), 'write failed')
    assert.partialDeepStrictEqual(json()[0], { err: { code: 'ENOSPC', message: 'disk full' } })
  })

  for (const format of ['json', 'human']) {
    it(`loses no ${format} line of a process that ends once all is flushed, however late its reader`, async () => {
      const script = `
        import { createLogger, flushed } from ${JSON.stringify(import.meta.resolve('../../node/log.ts'))}
        const log = createLogger({ level: 'info', format: '${format}', name: 'heron' })
        for (let i = 0; i < 3000; i++) {
          log.info({ filler: 'x'.repeat(100) }, 'line')
          if (i % 100 === 0) await new Promise(resolve => setImmediate(resolve))
        }
        await flushed(log)
        process.exit()`
      const child = spawn(process.execPath, ['--input-type=module', '--eval', script])
      await sleep(600)
      assert.equal((await text(child.stderr)).match(/\bline\b/g)?.length, 3000)
    })
  }

  describe('libp2p’s lines', () => {
    it('come at debug and trace, with their component, in libp2p’s own letters', () => {
      const { log, json } = capture('trace', 'json')
      const scope = libp2pLogger(log).forComponent('libp2p:tcp').newScope('listener')
      scope('%d of %s at %a', 2, 'three', '/ip4/127.0.0.1')
      scope.error('could not dial %p - %e', '12D3KooWa', new TypeError('no route'))
      scope.trace('sent %b', Uint8Array.of(1, 2, 3))
      assert.deepEqual(
        json().map(({ level, component, msg }) => [level, component, msg]),
        [
          ['debug', 'libp2p:tcp:listener', '2 of three at /ip4/127.0.0.1'],
          ['debug', 'libp2p:tcp:listener', 'could not dial 12D3KooWa - TypeError: no route'],
          ['trace', 'libp2p:tcp:listener', 'sent Ldp'],
        ],
      )
    })

    it('take an error in place of a text, too few values, and none', () => {
      const { log, json } = capture('debug', 'json')
      const scope = libp2pLogger(log).forComponent('c')
      scope.error(new RangeError('too far'))
      scope('%p and %s')
      scope('100 %% of %o', { a: 1 })
      assert.deepEqual(
        json().map(({ msg }) => msg),
        ['RangeError: too far', '%p and %s', '100 % of { a: 1 }'],
      )
    })

    it('are not even formatted while they are off', () => {
      const { log, lines } = capture('info', 'json')
      const scope = libp2pLogger(log).forComponent('c')
      const value = { toString: () => assert.fail('formatted') }
      scope('%p', value)
      scope.error('%p', value)
      assert.equal(scope.enabled, false)
      assert.deepEqual(lines, [])
    })
  })
})
