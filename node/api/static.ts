import { hash } from 'node:crypto'
import { MAP_HEADERS, type MapAsset, type MapAssets, MapUnavailableError, mapAssets } from '../map/bundle.ts'
import type { ApiOptions } from './interface.ts'
import { ApiProblem } from './problem.ts'
import type { ApiEnv } from './route.ts'

/** Paths that belong to the map's page. They hold no secret and need no token. */
export const isStaticPath = (path: string): boolean => path === '/' || path.startsWith('/map/')

/** The map's files and the base map, read once, when the first one is wanted; after a failure, again. */
export function staticFiles(options: ApiOptions): ApiEnv['files'] {
  let files: Promise<MapAssets> | undefined
  const read = async () => {
    const assets = await (options.mapAssets ?? mapAssets)()
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

function baseMapFile(bytes: Uint8Array): [string, MapAsset] {
  const body = new Uint8Array(bytes)
  const etag = `"${hash('sha256', body, 'base64url').slice(0, 22)}"`
  return ['/map/base.geojson', { body, contentType: 'application/geo+json', etag, cacheControl: 'no-cache' }]
}

/** A file of the live map; null = there is none of that name. */
export async function staticResponse(path: string, headers: Headers, env: ApiEnv): Promise<Response | null> {
  const file = (await env.files().catch(unavailable)).get(path)
  if (file === undefined) return null
  const head = {
    ...MAP_HEADERS,
    'content-type': file.contentType,
    'cache-control': file.cacheControl,
    etag: file.etag,
  }
  if (headers.get('if-none-match') === file.etag) return new Response(null, { status: 304, headers: head })
  return new Response(file.body, { headers: head })
}

/** A node without its map still does its work; who opens the page is told what is missing. */
function unavailable(error: unknown): never {
  if (!(error instanceof MapUnavailableError)) throw error
  throw new ApiProblem(
    {
      code: 'map-unavailable',
      status: 503,
      detail:
        'This installation has no live map: neither its sources with esbuild nor a built copy are there.',
      hint: 'From a clone run "npm ci"; in a package, install it again.',
    },
    { cause: error },
  )
}
