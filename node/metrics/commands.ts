import { COMMAND_FATES } from '../../src/agent/counters.ts'
import { COMMAND_VERBS } from '../../src/policy/signed-command.ts'
import { readCounter } from './define.ts'

export const commandMetrics = {
  skein_commands_total: readCounter({
    help: 'Commands that came: decided for the own vehicle (wait = others must agree), seen before (repeat), handed on to another (forward), or neither (drop: its author may not, is late, or says too much).',
    labels: { verb: COMMAND_VERBS, decision: COMMAND_FATES },
    read: (s, { verb, decision }) => s.agent.commands[verb][decision],
  }),
} as const
