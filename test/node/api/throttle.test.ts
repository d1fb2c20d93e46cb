import assert from 'node:assert/strict'
import { Throttle } from '../../../node/api/guard/throttle.ts'

describe('API tokens: guessing', () => {
  const fail = (throttle: Throttle, remote: string, times: number, nowMs = 0) => {
    for (let i = 0; i < times; i++) throttle.failed(remote, nowMs)
  }

  it('allows ten errors at once, then one every six seconds', () => {
    const throttle = new Throttle()
    fail(throttle, '192.0.2.1', 9)
    assert.equal(throttle.waitMs('192.0.2.1', 0), 0)
    fail(throttle, '192.0.2.1', 1)
    assert.equal(throttle.waitMs('192.0.2.1', 0), 6_000)
    assert.equal(throttle.waitMs('192.0.2.1', 5_999), 1)
    assert.equal(throttle.waitMs('192.0.2.1', 6_000), 0)
    fail(throttle, '192.0.2.1', 1, 6_000)
    assert.equal(throttle.waitMs('192.0.2.1', 6_000), 6_000)
    assert.equal(throttle.waitMs('192.0.2.1', 60_000), 0, 'all is forgiven in time')
  })

  it('holds back the one who errs, and not its neighbours', () => {
    const throttle = new Throttle()
    fail(throttle, '192.0.2.1', 20)
    assert.ok(throttle.waitMs('192.0.2.1', 0) > 0)
    assert.equal(throttle.waitMs('192.0.2.2', 0), 0)
    assert.equal(throttle.waitMs('unix', 0), 0)
  })

  it('takes the addresses of an IPv6 host for one', () => {
    const throttle = new Throttle()
    for (let i = 0; i < 20; i++) throttle.failed(`2001:db8:0:7::${i.toString(16)}`, 0)
    assert.ok(throttle.waitMs('2001:db8:0:7:ffff::1', 0) > 0)
    assert.ok(throttle.waitMs('2001:db8::7:1:2:3:4', 0) > 0, 'however it is written')
    assert.equal(throttle.waitMs('2001:db8:0:8::1', 0), 0)
    assert.equal(throttle.waitMs('::1', 0), 0)
    fail(throttle, 'fe80::1%eth0', 20)
    assert.ok(throttle.waitMs('fe80::2%eth1', 0) > 0)
  })

  it('holds back everybody when very many err, but those whose last token was right', () => {
    const throttle = new Throttle()
    throttle.succeeded('198.51.100.1')
    for (let i = 0; i < 150; i++) throttle.failed(`10.0.${i}.1`, 0)
    assert.ok(throttle.waitMs('203.0.113.9', 0) > 0)
    assert.equal(throttle.waitMs('198.51.100.1', 0), 0)
    fail(throttle, '198.51.100.1', 1)
    assert.ok(throttle.waitMs('198.51.100.1', 0) > 0)
    assert.equal(throttle.waitMs('203.0.113.9', 60_000), 0)
  })

  it('remembers a bounded number of addresses', () => {
    const throttle = new Throttle()
    for (let i = 0; i < 10_000; i++) {
      throttle.failed(`10.${i >> 8}.${i & 255}.1`, 0)
      throttle.succeeded(`11.${i >> 8}.${i & 255}.1`)
    }
    assert.equal(throttle.size, 2_048)
  })
})
