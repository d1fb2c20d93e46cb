import assert from 'node:assert/strict'
import { createDecipheriv, hkdfSync } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { loadIdentity } from '../../../../node/identity/identity.ts'
import { secretKey } from '../../../../node/store/sealed/gcm.ts'
import { readPsk } from '../../../../node/store/sealed/sealed-psk.ts'
import { unlockData } from '../../../../node/store/sealed/unlock.ts'
import { createValueCipher } from '../../../../node/store/sealed/value-cipher.ts'
import { tempDirs } from '../temp-dir.ts'
import { newKey } from './keys.ts'

const FIXTURE = new URL('../fixtures/sealed-v1.json', import.meta.url)
const fixtureSchema = z.strictObject({
  key: z.string(),
  dataKey: z.string(),
  version: z.string(),
  dataKeyFile: z.string(),
  seed: z.string(),
  identityFile: z.string(),
  pskFile: z.string(),
  psk: z.string(),
  values: z.array(z.strictObject({ key: z.string(), value: z.string(), stored: z.string() })),
})
const hex = (text: string) => Buffer.from(text, 'hex')

describe('node/store/sealed: what the first version wrote', () => {
  const tempDir = tempDirs()
  const fixture = async () => fixtureSchema.parse(JSON.parse(await readFile(FIXTURE, 'utf8')))

  it('opens: directory, identity and network key', async () => {
    const written = await fixture()
    const dir = await tempDir()
    await mkdir(join(dir, 'sealed'))
    await writeFile(join(dir, 'version'), written.version)
    await writeFile(join(dir, 'sealed', 'data-key'), written.dataKeyFile)
    await writeFile(join(dir, 'sealed', 'identity.key'), written.identityFile, { mode: 0o600 })
    await writeFile(join(dir, 'psk.key'), written.pskFile)
    const dataKey = await unlockData(dir, newKey(dir, written.key))
    assert.equal(dataKey?.export().toString('hex'), written.dataKey)
    assert.deepEqual((await loadIdentity(dir, dataKey)).seed, new Uint8Array(hex(written.seed)))
    assert.equal(Buffer.from(await readPsk(join(dir, 'psk.key'), dataKey)).toString(), written.psk)
  })

  it('opens: values, by our code and by the words of the format', async () => {
    const { dataKey, values } = await fixture()
    const cipher = createValueCipher(secretKey(hex(dataKey)))
    assert.ok(values.length > 3)
    for (const { key, value, stored } of values) {
      assert.equal(Buffer.from(cipher.open(hex(key), hex(stored)) ?? []).toString(), value)
      const [format, salt, counter] = [
        hex(stored)[0],
        hex(stored).subarray(1, 13),
        hex(stored).subarray(13, 17),
      ]
      const derived = Buffer.from(hkdfSync('sha256', hex(dataKey), salt, 'skein value 1', 32))
      const decipher = createDecipheriv('aes-256-gcm', derived, Buffer.concat([Buffer.alloc(8), counter]))
      decipher.setAAD(hex(key)).setAuthTag(hex(stored).subarray(-16))
      const plain = Buffer.concat([decipher.update(hex(stored).subarray(17, -16)), decipher.final()])
      assert.deepEqual([format, plain.toString()], [1, value])
    }
  })
})
