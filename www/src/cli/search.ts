/** `npx inkling-search-search search` */

import type { Hit, Mode } from '../types.js'
import type { QuerySettings } from '../worker/protocol.js'
import { readIndex } from './folder.js'
import { read, type Usage, WrongUsage } from './usage.js'
import { loadNodeEncoder, loadNodeIndex } from './wasm.js'

const MODES: readonly Mode[] = ['hybrid', 'semantic', 'lexical']

/** Characters of a passage that are shown. */
const SHOWN = 160

const USAGE: Usage = {
  command: 'search',
  positional: 'QUERY',
  about: `Ask an index a question, as a visitor's browser would

"Quotes" within the query keep words together, -word leaves out; write -- before a query that begins with a hyphen.`,
  options: {
    index: { type: 'string', value: 'DIR', help: 'Folder of the index. Default: search' },
    limit: { type: 'string', value: 'N', help: 'Most hits to show. Default: 3' },
    mode: {
      type: 'string',
      value: 'MODE',
      help: 'What ranks: hybrid (default), semantic, or lexical, which needs no model',
    },
    filter: {
      type: 'string',
      value: 'FIELD=VALUE',
      multiple: true,
      help: 'Only documents with this value; may be repeated',
    },
    sort: { type: 'string', value: 'FIELD', help: 'Order the found documents by a field instead; -FIELD descending' },
    far: { type: 'boolean', help: 'Show documents even when none is close to the query' },
    json: { type: 'boolean', help: 'Print one line of JSON; offsets count UTF-16 units' },
  },
}

/** Runs the command. */
export async function searchCommand(args: string[]): Promise<void> {
  const given = read(USAGE, args)
  if (!given) return
  const { argument: query, options } = given
  const mode = (options.text('mode') ?? 'hybrid') as Mode
  if (!MODES.includes(mode)) throw new WrongUsage(`--mode is ${mode}: give ${MODES.join(', ')}`)
  const filters: Record<string, string[]> = {}
  for (const pair of options.texts('filter')) {
    const [, field, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? []
    if (field === undefined || value === undefined) throw new WrongUsage(`--filter is ${pair}: give FIELD=VALUE`)
    ;(filters[field] ??= []).push(value)
  }
  const sort = options.text('sort')
  const settings: QuerySettings = {
    limit: options.number('limit', 1) ?? 3,
    mode,
    filters,
    far: options.flag('far'),
    ...(sort !== undefined && { sort }),
  }

  const files = readIndex(options.text('index') ?? 'search', mode !== 'lexical')
  const { Search } = await loadNodeIndex()
  const search = await Search.load('', { files }, () => {})
  if (mode !== 'lexical') {
    const { Encoder } = await loadNodeEncoder()
    const pinned = await search.loadVectors(() => {})
    await search.setEncoder(await Encoder.load('', { files, pinned }, () => {}))
  }
  const answer = await search.query(query, settings)
  if (answer.truncated) process.stderr.write('the query is longer than the model takes: its end was not looked at\n')
  if (answer.corrected !== undefined && !options.flag('json')) process.stderr.write(`read as: ${answer.corrected}\n`)
  process.stdout.write(options.flag('json') ? `${JSON.stringify({ query, ...answer })}\n` : text(answer.hits))
}

/** Hits for people: a line with score and title, the fields, and the beginning of the passage below it. */
function text(hits: Hit[]): string {
  if (hits.length === 0) return 'No close match (--far shows the nearest)\n'
  return hits
    .map(({ title, headings = [], url, score, fields, passage }, at) => {
      const start = Array.from(passage.text).slice(0, SHOWN).join('')
      const shown = Object.values(fields)
        .map((value) => [value].flat().join(', '))
        .filter(Boolean)
        .join(' · ')
      const lines = [url, shown, `${start}${start.length < passage.text.length ? '…' : ''}`]
      const head = `${at + 1}. ${[title, ...headings].join(' › ')}  (${score.toFixed(2)})\n`
      return head + lines.map((line) => (line === undefined ? '' : `   ${line}\n`)).join('')
    })
    .join('')
}
