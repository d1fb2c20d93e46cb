import { ApiProblem } from './problem.ts'

/**
 * The JSON of a body, at most `bytesMax` long. Throws ApiProblem: 415 for another content type (which also keeps
 * out forms that a foreign page can send without asking), 413, or 400 with the place where the JSON breaks.
 */
export async function readJson(request: Request, bytesMax: number): Promise<unknown> {
  const text = new TextDecoder('utf-8').decode(await readBytes(request, 'application/json', bytesMax))
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ApiProblem({
      code: 'bad-json',
      status: 400,
      detail: `The body is not JSON: ${reason}${reason.includes('position') ? '' : ` after ${text.length} characters`}.`,
      hint: 'Mend the JSON at that place.',
    })
  }
}

/** The bytes of a body of one content type, at most `bytesMax`. Throws ApiProblem: 415 or 413. */
export async function readBytes(request: Request, type: string, bytesMax: number): Promise<Uint8Array> {
  const given = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (given !== type) {
    throw new ApiProblem({
      code: type === 'application/json' ? 'not-json' : 'wrong-content-type',
      status: 415,
      detail: `The body must be ${type}, not ${given ?? 'without a content type'}.`,
      hint: `Send the header 'Content-Type: ${type}'.`,
    })
  }
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax)
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = request.body.getReader()
  for (;;) {
    const { done, value } = await reader.read().catch(brokenOff)
    if (done) break
    length += value.byteLength
    if (length > bytesMax) throw tooLarge(bytesMax)
    chunks.push(value)
  }
  return Buffer.concat(chunks)
}

/** Of the caller's making, so no failure of ours; there is hardly anybody left to tell. */
function brokenOff(cause: unknown): never {
  throw new ApiProblem(
    {
      code: 'incomplete-body',
      status: 400,
      detail: 'The connection ended before the body did.',
      hint: 'Send as many bytes as Content-Length says.',
    },
    { cause },
  )
}

const tooLarge = (bytesMax: number): ApiProblem =>
  new ApiProblem({
    code: 'too-large',
    status: 413,
    detail: `The body is larger than ${bytesMax} bytes.`,
    hint: 'Send less at once.',
  })
