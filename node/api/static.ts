import { hash } from 'node:crypto'
import type { ApiOptions, MapAsset } from './interface.ts'
import type { ApiEnv } from './route.ts'

/** Everything from this node, nothing inline, in no foreign frame. */
const CSP = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'"

/** Paths that belong to the map's page. They hold no secret and need no token. */
export const isStaticPath = (path: string): boolean => path === '/' || path.startsWith('/map/')

/** The map's files and the base map, read once, when the first one is wanted; after a failure, again. */
export function staticFiles(options: ApiOptions): ApiEnv['files'] {
  let files: Promise<ReadonlyMap<string, MapAsset>> | undefined
  const read = async () => {
    const assets = (await options.mapAssets?.()) ?? new Map<string, MapAsset>()
    return options.baseMap === undefined ? assets : new Map([...assets, baseMapFile(options.baseMap)])
  }
  return () => {
    files ??= read().catch(error => {
      files = undefined
      throw error
    })
    return files
  }
}

function baseMapFile(body: Uint8Array): [string, MapAsset] {
  const etag = `"${hash('sha256', body).slice(0, 16)}"`
  return ['/map/base.geojson', { body, contentType: 'application/geo+json', etag, cacheControl: 'no-cache' }]
}

/** A file of the live map; null = there is none of that name. */
export async function staticResponse(path: string, headers: Headers, env: ApiEnv): Promise<Response | null> {
  const file = (await env.files()).get(path)
  if (file === undefined) return null
  const head = {
    'content-type': file.contentType,
    'cache-control': file.cacheControl,
    'content-security-policy': CSP,
    etag: file.etag,
  }
  if (headers.get('if-none-match') === file.etag) return new Response(null, { status: 304, headers: head })
  return new Response(Buffer.from(file.body), { headers: head })
}
