import { Command } from 'commander'
import { withExamples } from '../options.ts'
import { initCommand } from './ca/init.ts'
import { issueCommand } from './ca/issue.ts'
import { listCommand } from './ca/list.ts'
import { pruneCommand } from './ca/prune.ts'
import { renewCommand } from './ca/renew.ts'
import { revokeCommand } from './ca/revoke.ts'
import { rotateCommand } from './ca/rotate.ts'
import { showCommand } from './ca/show.ts'

export function command(): Command {
  const ca = new Command('ca').description(
    'The certificate authority of a swarm: says who may join, and as what. A directory on a machine of yours, not a server; nodes need it only to join, and to renew.',
  )
  const children = [
    initCommand(),
    issueCommand(),
    renewCommand(),
    revokeCommand(),
    listCommand(),
    showCommand(),
    rotateCommand(),
    pruneCommand(),
  ]
  for (const child of children) ca.addCommand(child)
  return withExamples(ca, [
    ['skein ca init --swarm north', 'found a swarm'],
    ['skein ca issue --name heron --role drone --out heron.bundle', 'and there: skein init --join'],
    ['skein ca renew --all --out bundles', 'before they end'],
    ['skein ca revoke heron --reason stolen --api 4780', 'put it out'],
    ['skein ca list', 'who ends when'],
  ])
}
