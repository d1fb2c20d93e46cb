import assert from 'node:assert/strict'
import { CommandDesk } from '../../../node/commands/command-desk.ts'
import type { Runtime } from '../../../node/runtime/runtime.ts'
import type { CommandDraft } from '../../../src/agent/commanding.ts'
import { CommandNet, Member } from '../../src/agent/command-net.ts'

/** The desk of a dispatcher that knows two certified drones, and has heard of others. */
function setup(heardOf: readonly string[] = []) {
  const net = new CommandNet()
  const boss = net.add({ roles: ['dispatcher'], name: 'boss' })
  const drones = ['heron', 'ibex', 'twin', 'twin'].map(name => net.add({ name }))
  for (const drone of drones) net.connect(boss, drone)
  const asked: string[] = []
  const command = ({ target }: CommandDraft) => {
    asked.push(target)
    return { refused: { code: 'alone', reason: 'only asked' }, ack: null }
  }
  const desk = new CommandDesk(boss.rig.agent, { command } as unknown as Runtime, () => heardOf)
  const land = (target: string) => desk.command({ target, verb: 'land', ttlMs: 5_000 })
  return { desk, land, asked, drones }
}

describe('command desk', () => {
  it('takes names from certificates', async () => {
    const { land, asked, drones } = setup()
    await assert.rejects(land('ibex'), { message: /only asked/ })
    assert.deepEqual(asked, [drones[1]?.id])
    await assert.rejects(land('twin'), { message: /several members are called 'twin'/ })
    assert.equal(asked.length, 1)
  })

  it('regression: takes names from nobody else, and an id from whoever was heard of', async () => {
    const far = new Member(9, {}).id
    const { land, asked } = setup([far, 'nonsense'])
    await assert.rejects(land('eagle'), { message: /no certificate of a member 'eagle'/ })
    await assert.rejects(land('nonsense'), { code: 'unknown-target' })
    await assert.rejects(land(far), { message: /only asked/ })
    assert.deepEqual(asked, [far])
  })
})
