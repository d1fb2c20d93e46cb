import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, tokensFileOf } from '../../../node/api/guard/token-file.ts'
import { unlockData } from '../../../node/store/sealed/unlock.ts'
import { skein, start } from './skein.ts'

/** A real node with every kind of secret there is, that says all it can: none of it may be any of them. */
describe('cli: secrets', function () {
  this.timeout(60_000)
  let dir = ''
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'skein-secrets-'))
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  const secretFile = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text, { mode: 0o600 })
    return join(dir, name)
  }

  /** Each secret in every form it could be printed in. */
  function forms(secrets: Readonly<Record<string, Uint8Array>>): readonly (readonly [string, string])[] {
    return Object.entries(secrets).flatMap(([name, bytes]) => {
      const buffer = Buffer.from(bytes)
      const printed = [buffer.toString('hex'), buffer.toString('base64'), buffer.toString('base64url')]
      const text = buffer.toString('latin1')
      if (/^[\x20-\x7e]+$/.test(text)) printed.push(text)
      const list = [...buffer].join(',')
      return [...printed, list].map((form): [string, string] => [name, form.replace(/=+$/, '')])
    })
  }

  it('are in no log at any level, no metric, no answer, no error, no event and no dump of the configuration', async () => {
    const data = join(dir, 'data')
    const token = randomBytes(24).toString('hex')
    const psk = randomBytes(32)
    const tokenFile = secretFile('token', `${token}\n`)
    const pskFile = secretFile('psk', `/key/swarm/psk/1.0.0/\n/base16/\n${psk.toString('hex')}\n`)
    const made = await skein(['token', 'create', '--name', 'pilot', '--scope', 'operate', '--data-dir', data])
    const pilot = made.stdout.trim()
    const key = randomBytes(32)
    const keyFile = secretFile('data-key', key.toString('hex'))
    const files = ['--set', `api.tokenFile=${tokenFile}`, '--set', `dataKey.file=${keyFile}`]
    const given = ['--data-dir', data, '--psk-file', pskFile, ...files]
    const local = ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--api', '0', '--vehicle', 'http']
    const env = { SKEIN_LOG__LEVEL: 'trace', SKEIN_LOG__FORMAT: 'json', DEBUG: '*' }
    const child = start(['run', ...given, ...local, '--set', 'eventLog.reserveMiB=0'], { env })
    const said: string[] = []
    child.stderr.setEncoding('utf8').on('data', text => said.push(String(text)))
    const url = await new Promise<string>((resolve, reject) => {
      let banner = ''
      child.once('exit', () => reject(new Error(`it did not start: ${said.join('')}`)))
      child.stdout.setEncoding('utf8').on('data', text => {
        said.push(String(text))
        banner += String(text)
        const found = /^api +(\S+).*\n(.*\n)*next /m.exec(banner)
        if (found?.[1] !== undefined) resolve(found[1])
      })
    })
    const ask = async (path: string, init: RequestInit = {}): Promise<number> => {
      const answer = await fetch(`${url}${path}`, init)
      said.push(JSON.stringify([...answer.headers]), await answer.text())
      return answer.status
    }
    const as = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } })
    const post = (secret: string, body: string) => ({
      method: 'POST',
      body,
      headers: { ...as(secret).headers, 'content-type': 'application/json' },
    })
    const wrong = randomBytes(24).toString('hex')
    for (const path of ['/api/v1/status', '/metrics', '/api/openapi.json', '/api/v1/peers'])
      assert.equal(await ask(path, as(token)), 200, path)
    await ask('/readyz?verbose', as(token))
    assert.equal(await ask('/api/v1/position', post(pilot, '{}')), 422)
    assert.equal(await ask('/api/v1/position', post(pilot, `{"${wrong}`)), 400)
    assert.equal(await ask('/api/v1/status', as(wrong)), 401)
    assert.equal(await ask('/api/v1/status', { headers: { authorization: `Basic ${wrong}` } }), 401)
    assert.equal(await ask(`/api/v1/status?token=${wrong}`), 401)
    assert.equal(await ask('/api/v1/log/signed', as(token)), 200)
    assert.equal(await ask('/api/v1/log', as(token)), 200)
    assert.ok(said.some(text => text.includes('api.called')))
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    assert.equal(code, 0)
    const dataKey = await unlockData(data, { file: keyFile, command: [] })
    const configFile = secretFile('heron.yaml', `dataKey: { file: ${keyFile} }\n`)
    for (const args of [
      ['config', 'explain', ...given],
      ['config', 'explain', '--set', `api.tokenFile=${token}`],
      ['config', 'check', '--set', `api.tokenFile=${token}`],
      ['config', 'check', '--psk-file', psk.toString('hex')],
      ['config', 'explain', '--set', `dataKey.file=${key.toString('hex')}`],
      ['config', 'explain', '--set', `dataKey.command=echo,${key.toString('base64')}`],
      ['run', '--data-dir', data, '--set', `dataKey.command=cat,${keyFile},${join(dir, 'psk')}`],
      ['data', 'rekey', ...given.slice(0, 2), '--new-key-file', pskFile, ...files],
      ['doctor', ...given, '--log-level', 'trace'],
      ['token', 'list', '--data-dir', data, '-o', 'json'],
      ['log', 'export', '--data-dir', data, '-c', configFile],
      ['log', 'export', '--data-dir', data],
      ['data', 'encrypt', '--data-dir', data, ...files],
      ['data', 'decrypt', '--data-dir', data, ...files],
    ]) {
      const { stdout, stderr } = await skein(args)
      said.push(stdout, stderr)
    }
    const identity = readFileSync(join(data, 'identity.key'))
    const secrets = {
      'the token of the file': Buffer.from(token),
      'its digest': digestOf(token),
      'a token made by command': Buffer.from(pilot),
      'the digest of that': digestOf(pilot),
      'a wrong token, which may be the right one of another node': Buffer.from(wrong),
      'the pre-shared key': psk,
      'the key of the data directory': key,
      'the data key': dataKey?.export() ?? assert.fail('it is not encrypted'),
      'the seed of the identity': identity.subarray(4, 36),
    }
    const all = said.join('\n')
    assert.ok(all.length > 20_000 && /"level":"(trace|debug)"/.test(all), 'it said a lot')
    assert.ok(
      readFileSync(tokensFileOf(data), 'utf8').includes(digestOf(pilot).toString('hex')),
      'the search works',
    )
    for (const [name, form] of forms(secrets)) {
      const at = all.indexOf(form)
      assert.equal(at, -1, `${name} in: ${all.slice(Math.max(0, at - 200), at)}`)
    }
  })
})
