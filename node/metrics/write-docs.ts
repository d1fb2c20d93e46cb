import { writeFile } from 'node:fs/promises'
import { metricsDocs } from './docs.ts'

await writeFile(new URL('README.md', import.meta.url), metricsDocs())
