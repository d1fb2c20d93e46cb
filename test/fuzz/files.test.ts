import { standsMutants } from './engine/stands-mutants.ts'
import { EVENT_LOG } from './targets/event-log.ts'
import { FILES } from './targets/files.ts'

describe('fuzz: files and the event log', () => standsMutants([...EVENT_LOG, ...FILES]))
