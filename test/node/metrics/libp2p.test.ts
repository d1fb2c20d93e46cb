import assert from 'node:assert/strict'
import { Registry, register } from 'prom-client'
import { createLogger } from '../../../node/log.ts'
import { libp2pLogger } from '../../../node/log-libp2p.ts'
import { libp2pMetrics } from '../../../node/metrics/libp2p.ts'

describe('metrics of libp2p', () => {
  it('come in the debug profile only, into the registry of the node and no other', async () => {
    const registry = new Registry()
    assert.equal(libp2pMetrics({ profile: 'minimal', registry }), undefined)
    assert.equal(libp2pMetrics({ profile: 'standard', registry }), undefined)
    const metrics = libp2pMetrics({ profile: 'debug', registry })?.({
      logger: libp2pLogger(createLogger({ level: 'silent', format: 'json', name: 'test' })),
    })
    metrics?.registerCounter('libp2p_test_total').increment(3)
    assert.match(await registry.metrics(), /^libp2p_test_total 3$/m)
    assert.equal(await register.metrics(), '\n')
  })
})
