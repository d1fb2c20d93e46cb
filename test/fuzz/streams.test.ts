import { standsMutants } from './engine/stands-mutants.ts'
import { HANDLERS } from './targets/handlers.ts'
import { STREAMS } from './targets/streams.ts'
import { VEHICLE_STREAMS } from './targets/vehicle-streams.ts'

describe('fuzz: streams, and what an agent makes of frames', () =>
  standsMutants([...VEHICLE_STREAMS, ...STREAMS, ...HANDLERS]))
