import { decode, type Token, Tokenizer } from 'cborg'

const BYTE_ORDER_MARK = '\ufeff'
const OPTIONS = { retainStringBytes: true }

/** `cborg` drops a byte order mark that a text begins with: an event with such a text could be written, but not read. */
class ExactTexts extends Tokenizer {
  override next(): Token {
    const token = super.next()
    const [a, b, c] = token.type.name === 'string' ? (token.byteValue ?? []) : []
    if (a === 0xef && b === 0xbb && c === 0xbf) token.value = BYTE_ORDER_MARK + token.value
    return token
  }
}

/** Canonical CBOR -> plain data. Throws whatever `cborg` throws for what is no CBOR; for the form see `CborCursor`. */
export function decodeCanonical(bytes: Uint8Array): unknown {
  return decode(bytes, { tokenizer: new ExactTexts(bytes, OPTIONS) })
}
