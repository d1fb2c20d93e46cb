import { standsMutants } from './engine/stands-mutants.ts'
import { COMMAND_FRAMES } from './targets/command-frames.ts'
import { GOSSIP_RPC } from './targets/gossip-rpc.ts'
import { HELLO } from './targets/hello.ts'
import { POSITIONS } from './targets/positions.ts'
import { RECORDS } from './targets/records.ts'
import { SYNC_FRAMES } from './targets/sync-frames.ts'

describe('fuzz: frames of the network', () =>
  standsMutants([...POSITIONS, ...SYNC_FRAMES, ...COMMAND_FRAMES, ...RECORDS, ...HELLO, ...GOSSIP_RPC]))
