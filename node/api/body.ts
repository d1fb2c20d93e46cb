import { ApiProblem } from './problem.ts'

/**
 * The JSON of a body, at most `bytesMax` long. Throws ApiProblem: 415 for another content type (which also keeps
 * out forms that a foreign page can send without asking), 413, or 400 with the place where the JSON breaks.
 */
export async function readJson(request: Request, bytesMax: number): Promise<unknown> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new ApiProblem({
      code: 'not-json',
      status: 415,
      detail: `The body must be application/json, not ${type ?? 'without a content type'}.`,
      hint: "Send the header 'Content-Type: application/json'.",
    })
  }
  const text = await readText(request, bytesMax)
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

async function readText(request: Request, bytesMax: number): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax)
  if (request.body === null) return ''
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = request.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.byteLength
    if (length > bytesMax) throw tooLarge(bytesMax)
    chunks.push(value)
  }
  return new TextDecoder('utf-8').decode(Buffer.concat(chunks))
}

const tooLarge = (bytesMax: number): ApiProblem =>
  new ApiProblem({
    code: 'too-large',
    status: 413,
    detail: `The body is larger than ${bytesMax} bytes.`,
    hint: 'Send less at once.',
  })
