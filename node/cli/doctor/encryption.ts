import type { KeyObject } from 'node:crypto'
import { relative } from 'node:path'
import type { Config } from '../../config/schema.ts'
import { readLayout } from '../../store/layout.ts'
import { isKeySet, nameOfSource, readKey } from '../../store/sealed/key-source.ts'
import { plainIn } from '../../store/sealed/leftovers.ts'
import { unlockData } from '../../store/sealed/unlock.ts'
import { StoreError } from '../../store/store-error.ts'
import { type Finding, fail, ok, reasonOf, warn } from './check.ts'

const NAME = 'encryption'

interface Unlocked {
  readonly finding: Finding
  /** For those who look at what is encrypted. */
  readonly dataKey: KeyObject | null
}

/** Whether the data directory is encrypted as the configuration says, and its key can be had. Changes nothing. */
export async function checkEncryption(config: Pick<Config, 'dataDir' | 'dataKey'>): Promise<Unlocked> {
  const { dataDir, dataKey: source } = config
  try {
    const layout = await readLayout(dataDir)
    if (layout === null && isKeySet(source)) {
      await readKey(source, dataDir)
      return { finding: beside(config) ?? ok(NAME, 'from the first start on'), dataKey: null }
    }
    // Where there is something, unlocking only reads.
    const dataKey = layout === null ? null : await unlockData(dataDir, source)
    return { finding: dataKey === null ? OFF : await checkUnlocked(config), dataKey }
  } catch (error) {
    if (!(error instanceof StoreError))
      return { finding: fail(NAME, reasonOf(error), 'see: data dir'), dataKey: null }
    const { message, advice } = error
    return { finding: fail(NAME, message.replace(`. ${advice}`, ''), advice), dataKey: null }
  }
}

const OFF = ok(NAME, 'off: whoever has this disk can read the log and be this agent (see dataKey)')

async function checkUnlocked(config: Pick<Config, 'dataDir' | 'dataKey'>): Promise<Finding> {
  const plain = await plainIn(config.dataDir)
  if (plain.length > 0) {
    const how = 'run skein data encrypt again while the node is stopped; what it leaves, remove by hand'
    return warn(NAME, `on, but in plain there is: ${plain.join(', ')}`, how)
  }
  return beside(config) ?? ok(NAME, `AES-256-GCM, key from ${nameOfSource(config.dataKey)}`)
}

/** A key that whoever takes the data takes with it. */
function beside({ dataDir, dataKey: { file } }: Pick<Config, 'dataDir' | 'dataKey'>): Finding | null {
  if (file === null || relative(dataDir, file).startsWith('..')) return null
  return warn(NAME, `its key lies in the data directory itself: ${file}`, 'move the key to another device')
}
