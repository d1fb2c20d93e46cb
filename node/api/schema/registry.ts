import { z } from 'zod'

/**
 * The schemas that have a name of their own in the OpenAPI document. Whatever validates a body or describes an
 * answer is registered here, so the document cannot say something else than the code does.
 */
export const apiSchemas = z.registry<{ id: string }>()
