import { openApiRoute } from './openapi.ts'
import type { Route } from './route.ts'
import { commandRoutes } from './routes/command.ts'
import { healthRoutes } from './routes/health.ts'
import { logRoutes } from './routes/log.ts'
import { mapRoutes } from './routes/map.ts'
import { trustRoutes } from './routes/trust.ts'
import { vehicleRoutes } from './routes/vehicle.ts'
import { viewRoutes } from './routes/view.ts'

const described: readonly Route[] = [
  ...viewRoutes,
  ...vehicleRoutes,
  ...commandRoutes,
  ...trustRoutes,
  ...logRoutes,
  ...mapRoutes,
  ...healthRoutes,
]

/** All the API answers, apart from the map's static files. The OpenAPI document is made of the same table. */
export const routes: readonly Route[] = [...described, openApiRoute(described)]
