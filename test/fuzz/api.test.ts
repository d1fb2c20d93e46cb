import { standsMutants } from './engine/stands-mutants.ts'
import { API } from './targets/api.ts'
import { CLIENT } from './targets/client.ts'

describe('fuzz: the API and its client', () => standsMutants([...API, ...CLIENT]))
