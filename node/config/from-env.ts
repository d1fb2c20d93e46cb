import { cwd } from 'node:process'
import type { Problem } from './config-error.ts'
import { FIELDS } from './fields.ts'
import { fromText } from './from-text.ts'
import type { Given } from './given.ts'
import { SHORT_FORMS } from './short-forms.ts'
import { suggest } from './suggest.ts'

/** Variables with our prefix that are not part of the configuration. */
export const OTHER_VARIABLES: Readonly<Record<string, string>> = {
  SKEIN_API: 'Where the commands that ask a running node find it: a URL, HOST:PORT or PORT.',
  SKEIN_CONFIG: 'Configuration files to read as if by --config, separated by colons.',
}

/** Kubernetes sets these for every service; one of them is often called skein. */
const KUBERNETES = /_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP)(_\w+)?$/

/** The variable of a key: `gossip.flushMs` -> `SKEIN_GOSSIP__FLUSH_MS`. */
export function variableOf(path: string): string {
  const words = path.split('.').map(key => key.replace('MiB', 'Mib').replace(/(?<=[a-z])(?=[A-Z])/g, '_'))
  return `SKEIN_${words.join('__').toUpperCase()}`
}

/** Reads `SKEIN_*`. A variable that means nothing is a problem: a typing error must not pass in silence. */
export function givenByEnv(
  env: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
): readonly Given[] {
  const paths = new Map([...FIELDS.keys(), ...Object.keys(SHORT_FORMS)].map(path => [variableOf(path), path]))
  for (const name of Object.keys(OTHER_VARIABLES)) paths.delete(name)
  const given: Given[] = []
  for (const [name, text] of Object.entries(env).sort()) {
    if (!name.startsWith('SKEIN_') || text === undefined || name in OTHER_VARIABLES) continue
    const path = paths.get(name)
    if (path !== undefined) given.push(givenByVariable(name, path, text))
    else if (!isKubernetes(name, text)) problems.push(unknown(name, paths.keys()))
  }
  return given
}

function isKubernetes(name: string, text: string): boolean {
  return KUBERNETES.test(name) || (name.endsWith('_PORT') && /^(tcp|udp):\/\//.test(text))
}

function givenByVariable(name: string, path: string, text: string): Given {
  const json = FIELDS.get(path)?.json
  return {
    layer: 'env',
    path,
    value: json === undefined ? text : fromText(text, json),
    where: () => name,
    base: cwd(),
  }
}

function unknown(name: string, names: Iterable<string>): Problem {
  const near = suggest(name, names)
  const advice = near === null ? 'see: skein config docs' : `did you mean ${near}?`
  return { code: 'unknown-key', where: name, path: '', what: `no such setting; ${advice}` }
}
