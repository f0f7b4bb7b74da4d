// Parses files with npm's mermaid, which needs a document to exist even for that.
import { readFileSync } from 'node:fs'
import { JSDOM } from 'jsdom'

const { window } = new JSDOM('')
globalThis.window = window
globalThis.document = window.document
const { default: mermaid } = await import('mermaid')

for (const file of process.argv.slice(2)) {
  try {
    const { diagramType } = await mermaid.parse(readFileSync(file, 'utf8'))
    if (diagramType !== 'sequence') throw new Error(`a ${diagramType}, not a sequence diagram`)
  } catch (err) {
    console.error(`${file}: ${err.message}`)
    process.exitCode = 1
  }
}
