import { Command } from 'commander'
import { ConfigError, type LoadedConfig, loadConfig } from '../../config/index.ts'
import { type ConfigOptionValues, configSources, withConfigOptions } from '../config-options.ts'
import { type Finding, fail, ok } from '../doctor/check.ts'
import { checkClock } from '../doctor/clock.ts'
import { checkDisk } from '../doctor/disk.ts'
import { checkEncryption } from '../doctor/encryption.ts'
import { checkIdentity } from '../doctor/identity.ts'
import { checkMdns, checkPorts } from '../doctor/network.ts'
import { checkRunning } from '../doctor/node.ts'
import { checkNode, checkOpenFiles } from '../doctor/process.ts'
import { checkTrust } from '../doctor/trust.ts'
import { EXIT } from '../exit-codes.ts'
import { clientOf, type OutputOptions, outputOption, withExamples } from '../options.ts'
import { type OutputFormat, paint, print, printRows } from '../output.ts'

export function command(): Command {
  const doctor = new Command('doctor')
    .description(
      'Looks at this machine and this configuration as `skein run` would find them, and says how to fix what is wrong. Ends with 1 if anything fails.',
    )
    .addOption(outputOption())
    .option('--token-file <file>', 'file with the token of a node that runs already (SKEIN_API__TOKEN_FILE)')
    .action(examine)
  return withExamples(withConfigOptions(doctor), [
    ['skein doctor', 'before the first start'],
    ['skein doctor --config heron.yaml -o json', 'for programs'],
  ])
}

async function examine(
  options: ConfigOptionValues & OutputOptions & { readonly tokenFile?: string },
): Promise<void> {
  const findings = [checkNode(), ...(await examineConfigured(options))]
  show(findings, options.output)
  process.exitCode = findings.some(({ level }) => level === 'fail') ? EXIT.failure : EXIT.ok
}

async function examineConfigured(
  options: ConfigOptionValues & { readonly tokenFile?: string },
): Promise<readonly Finding[]> {
  const { loaded, finding } = configured(options)
  const { config } = loaded
  const { host, port, socket } = config.api
  const url = socket === null ? `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}` : `unix:${socket}`
  const client = clientOf({
    api: url,
    ...(options.tokenFile !== undefined && { tokenFile: options.tokenFile }),
  })
  const running = await checkRunning(client, url)
  const encryption = await checkEncryption(config)
  const looks = await Promise.all([
    checkDisk(config),
    encryption.finding,
    checkIdentity(config.dataDir, encryption.dataKey),
    checkTrust(config, Date.now(), encryption.dataKey),
    checkClock(),
    checkPorts(loaded, running.isRunning),
    checkMdns(config.mdns),
  ])
  return [finding, ...looks.flat(), running.finding, checkOpenFiles(config)]
}

/** A configuration that is wrong is one finding; the others then look at the defaults. */
function configured(options: ConfigOptionValues): {
  readonly loaded: LoadedConfig
  readonly finding: Finding
} {
  try {
    const loaded = loadConfig(configSources(options))
    const { name, role, swarm } = loaded.config
    return { loaded, finding: ok('config', `${name}, ${role} of swarm ${swarm}`) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { loaded: loadConfig(), finding: fail('config', error.message, 'see: skein config check') }
  }
}

function show(findings: readonly Finding[], output: OutputFormat): void {
  if (output !== 'table') {
    printRows(findings, [], output)
    return
  }
  const width = Math.max(...findings.map(({ name }) => name.length))
  for (const { name, level, detail, fix } of findings) {
    const margin = ' '.repeat(width + 8)
    print(
      `${paint(STYLES[level], level.padEnd(4))}  ${name.padEnd(width)}  ${detail.replaceAll('\n', `\n${margin}`)}`,
    )
    if (fix !== null) print(`${margin}-> ${fix}`)
  }
}

const STYLES = { ok: 'green', warn: 'yellow', fail: 'red' } as const
