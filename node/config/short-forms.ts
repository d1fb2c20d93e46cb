interface ShortForm {
  /** Also in the JSON Schema, so that an editor accepts what the program accepts. */
  readonly pattern: RegExp
  readonly example: string
  /** The keys that a text stands for, once it has matched. */
  keys(text: string): Readonly<Record<string, unknown>>
}

/** Groups that may be given as one text instead of as a map. */
export const SHORT_FORMS: Readonly<Record<string, ShortForm>> = {
  vehicle: {
    pattern: /^(simulated|http|fixed|none|replay:.+)$/,
    example: 'replay:FILE',
    keys(text) {
      const [kind, ...rest] = text.split(':')
      return rest.length === 0 ? { kind } : { kind, file: rest.join(':') }
    },
  },
  api: {
    pattern: /^(unix:.+|(([^:\s]+|\[[0-9a-fA-F:]+\]):)?\d{1,5})$/,
    example: '127.0.0.1:4780 or unix:/run/skein.sock',
    keys(text) {
      if (text.startsWith('unix:')) return { socket: text.slice('unix:'.length) }
      return { ...hostAndPort(text), socket: null }
    },
  },
}

function hostAndPort(text: string): { readonly host?: string; readonly port: number } {
  const colon = text.lastIndexOf(':')
  const port = Number(text.slice(colon + 1))
  return colon < 0 ? { port } : { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port }
}

/** The keys that a short form stands for, or null when `text` is none. */
export function expand(group: string, text: string): Readonly<Record<string, unknown>> | null {
  const form = SHORT_FORMS[group]
  return form?.pattern.test(text) === true ? form.keys(text) : null
}
