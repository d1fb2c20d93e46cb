import type { Target } from './engine/target.ts'
import { API } from './targets/api.ts'
import { CLIENT } from './targets/client.ts'
import { COMMAND_FRAMES } from './targets/command-frames.ts'
import { EVENT_LOG } from './targets/event-log.ts'
import { FILES } from './targets/files.ts'
import { GOSSIP_RPC } from './targets/gossip-rpc.ts'
import { HANDLERS } from './targets/handlers.ts'
import { HELLO } from './targets/hello.ts'
import { NODE } from './targets/node.ts'
import { POSITIONS } from './targets/positions.ts'
import { RECORDS } from './targets/records.ts'
import { STREAMS } from './targets/streams.ts'
import { SYNC_FRAMES } from './targets/sync-frames.ts'
import { VEHICLE_STREAMS } from './targets/vehicle-streams.ts'

/** Every boundary at which bytes of others come in. */
export const TARGETS: readonly Target[] = [
  ...POSITIONS,
  ...SYNC_FRAMES,
  ...COMMAND_FRAMES,
  ...RECORDS,
  ...HELLO,
  ...GOSSIP_RPC,
  ...STREAMS,
  ...VEHICLE_STREAMS,
  ...HANDLERS,
  ...EVENT_LOG,
  ...FILES,
  ...API,
  ...CLIENT,
  ...NODE,
]
