import assert from 'node:assert/strict'
import { EXIT, type ExitCode, exitCodeOf } from '../../../node/cli/exit-codes.ts'
import { UsageError } from '../../../node/cli/failure.ts'
import { ProblemError, UnreachableError } from '../../../node/client/client.ts'
import { ConfigError } from '../../../node/config/index.ts'
import { IdentityError } from '../../../node/identity/identity.ts'
import { StoreError } from '../../../node/store/store-error.ts'

describe('cli: exit codes', () => {
  const problem = (where: string) => ({ code: 'bad-value', where, path: 'name', what: 'is bad' }) as const
  const answer = (status: number) =>
    new ProblemError({ type: '', title: '', status, detail: '', code: 'x', instance: '', hint: '' })
  const cases: readonly (readonly [string, unknown, ExitCode])[] = [
    ['a usage error', new UsageError('no'), EXIT.usage],
    [
      'a configuration whose faults all stand on the command line',
      new ConfigError([problem('--name')]),
      EXIT.usage,
    ],
    [
      'a configuration with faults elsewhere too',
      new ConfigError([problem('--name'), problem('a.yaml:1:1')]),
      EXIT.config,
    ],
    ['a corrupt identity', new IdentityError('IDENTITY_CORRUPT', 'f', 'w', 'a'), EXIT.config],
    [
      'an identity that others may read',
      new IdentityError('IDENTITY_PERMISSIONS', 'f', 'w', 'a'),
      EXIT.permission,
    ],
    ['a data directory in use', new StoreError('store-in-use', 'd', 'w', 'a'), EXIT.retryLater],
    ['data of a newer version', new StoreError('store-newer-version', 'd', 'w', 'a'), EXIT.config],
    ['a full disk', new StoreError('store-full', 'd', 'w', 'a'), EXIT.io],
    ['no node', new UnreachableError('u', 'r'), EXIT.unreachable],
    ['a node that wants a token', answer(401), EXIT.permission],
    ['a node that is too busy', answer(503), EXIT.retryLater],
    ['a node that refuses', answer(409), EXIT.failure],
    ['a file that may not be read', Object.assign(new Error('x'), { code: 'EACCES' }), EXIT.permission],
    ['anything else', new TypeError('x is undefined'), EXIT.bug],
    ['no error at all', 'text', EXIT.bug],
  ]
  for (const [name, error, code] of cases) {
    it(`${code} for ${name}`, () => assert.equal(exitCodeOf(error), code))
  }
})
