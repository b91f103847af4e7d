// The results as Markdown.

import { labelOf, RIVAL } from './engines.mjs'
import { firstParts } from './first.mjs'
import { QUERIES } from './memory.mjs'
import { queryParts } from './queries.mjs'
import { rankingParts } from './ranking-tables.mjs'
import { slowParts } from './slow.mjs'
import { SLOWER } from './tasks.mjs'
import { LENGTHS } from './texts.mjs'
import { waterfallParts } from './waterfall.mjs'

/** @import { Results } from './results.mjs' */
/** @import { ByEngine, TimingRun } from './timing.mjs' */

/** Multiply-accumulates of the linear layers for one token: 6 layers of 4 x 384 x 384 + 2 x 384 x 1536. */
const LINEAR_MACS = 6 * (4 * 384 * 384 + 2 * 384 * 1536)
/** Of the attention for each pair of tokens: 6 layers of 2 products over 384. */
const ATTENTION_MACS = 6 * 2 * 384

/** Names of the ways through the bulk. @type {Record<string, string>} */
const BULK_LABELS = {
  inkling: 'Inkling, one worker',
  inklingTwoWorkers: 'Inkling, two workers',
  inklingPackage: 'Inkling, `Encoder.encode(texts)`',
  baseline: 'Inkling, baseline module, one worker',
  q8: 'transformers.js q8, one by one',
  q8Batch: 'transformers.js q8, one batch',
}

/** @type {Record<string, string>} */
const BROWSER_LABELS = {
  vnni: 'Browser as it is',
  'no-vnni': 'Browser without AVX-VNNI (`--js-flags=--no-enable-avx-vnni`)',
}

/** Multiply-accumulates of encoding a text. @param {number} tokens */
export const macsOf = (tokens) => tokens * LINEAR_MACS + tokens * tokens * ATTENTION_MACS

/** @param {string[]} head @param {string[][]} rows */
const table = (head, rows) =>
  [head, head.map((_, i) => (i === 0 ? '---' : '--:')), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** @param {number} value */
const ms = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2))
/** @param {number} value */
const times = (value) => `${value.toFixed(2)}x`
/** @param {number} bytes */
const megabytes = (bytes) => (bytes / 1e6).toFixed(2)

/** The whole report. @param {Results} results */
export function tables(results) {
  const { date, quick, rounds, machine, versions, runs, cold, downloads, memory, ranking } = results
  const parts = [
    `# Benchmark of ${date}`,
    quick ? '**A quick trial: its figures are noise.**' : '',
    `${machine.processor}, ${machine.cores} cores (${machine.instructions.join(', ')}), ${machine.system}, Chromium ${machine.browser} without a window. ` +
      `Load average before it ${machine.loadAverage}, ${rounds} rounds, commit ${machine.commit}. ` +
      `${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ')}. The same weights everywhere, one thread each.`,
    ...runs.flatMap(timingParts),
    ...(cold ? ['## Cold start: from navigation to the first vector, ms', coldTable(cold)] : []),
    ...(downloads ? ['## Bytes of a first visit, MB', downloadTable(downloads)] : []),
    ...(memory ? ['## Memory of WebAssembly, MB', memoryTable(memory)] : []),
    ...(ranking ? rankingParts(ranking) : []),
    ...(results.waterfall ? waterfallParts(results.waterfall) : []),
    ...(results.first ? firstParts(results.first) : []),
    ...(results.slow ? slowParts(results.slow) : []),
    ...(results.queries ? queryParts(results.queries) : []),
    ...(results.tasks ? taskParts(results.tasks) : []),
    ...(results.webgpu ? gpuParts(results.webgpu) : []),
  ]
  return `${parts.filter(Boolean).join('\n\n')}\n`
}

/** @param {NonNullable<Results['tasks']>} tasks */
function taskParts(tasks) {
  const rows = Object.entries(tasks).map(([form, { longest, over50 }]) => [
    form,
    ms(longest.median),
    ms(longest.best),
    over50.map(ms).join(', ') || 'none',
  ])
  return [
    `## The search box on a processor ${SLOWER} times slower, ms`,
    'From load to an answer by meaning, first visits. Work of the page’s thread on its longest task, and tasks that took over 50 ms with waiting.',
    table(['', 'longest task, median', 'best', 'over 50 ms'], rows),
  ]
}

/** @param {import('./webgpu.mjs').GpuRun} run */
function gpuParts({ adapter, software, engines, agreement }) {
  const columns = [...new Set(Object.values(engines).flatMap((times) => Object.keys(times)))].filter(
    (what) => what !== 'failed',
  )
  const rows = Object.entries(engines).map(([name, times]) => [
    labelOf(name),
    ...columns.map((what) => {
      const figures = times[what]
      return typeof figures === 'object' ? `${ms(figures.median)} (${ms(figures.best)})` : '-'
    }),
  ])
  const failed = Object.entries(engines).filter(([, times]) => 'failed' in times)
  return [
    `## WebGPU on ${adapter}, median ms (best)`,
    software ? '**An adapter in software: these times show that it works, and say nothing about GPUs.**' : '',
    table(['', ...columns], rows),
    agreement === undefined ? '' : `Lowest cosine between the two: ${agreement.toFixed(4)}.`,
    ...failed.map(([name, { failed }]) => `${labelOf(name)}: ${failed}.`),
  ]
}

/** @param {TimingRun} run */
function timingParts(run) {
  const { name, engines, encode, bulk, agreement } = run
  const kernels = Object.entries(engines).filter(([engine]) => engine === 'inkling' || engine === 'baseline')
  return [
    `## ${BROWSER_LABELS[name] ?? name}`,
    `Kernels: ${kernels.map(([engine, { kernel }]) => `${labelOf(engine)}: ${kernel}`).join('; ')}. ` +
      `Lowest cosine between any two engines: ${agreement.worst.toFixed(4)}.`,
    '### One text, median ms (best)',
    encodeTable(encode, Object.keys(engines)),
    shareOfPeak(run),
    ...(bulk ? ['### 64 passages of 128 tokens in the mean, median ms (best)', bulkTable(bulk)] : []),
  ]
}

/** @param {Record<number, ByEngine>} encode @param {string[]} names */
function encodeTable(encode, names) {
  const ours = names.includes(RIVAL) ? names.filter((name) => name === 'inkling' || name === 'baseline') : []
  const head = ['tokens', ...names.map(labelOf), ...ours.map((name) => `${labelOf(RIVAL)} / ${labelOf(name)}`)]
  const rows = LENGTHS.map((tokens) => {
    const figures = encode[tokens] ?? {}
    const cells = names.map((name) => `${ms(figures[name]?.median ?? NaN)} (${ms(figures[name]?.best ?? NaN)})`)
    const ratios = ours.map((name) => `**${times((figures[RIVAL]?.median ?? NaN) / (figures[name]?.median ?? NaN))}**`)
    return [String(tokens), ...cells, ...ratios]
  })
  return table(head, rows)
}

/** What share of the better dot instruction's peak the whole encoder reaches. @param {TimingRun} run */
function shareOfPeak({ encode, peak, engines }) {
  const limit = Math.max(peak.dot8.median, peak.dot16.median)
  const rows = ['inkling', 'baseline']
    .filter((name) => engines[name])
    .map((name) => {
      const own = name === 'baseline' ? peak.dot16.median : limit
      const shares = LENGTHS.map((tokens) => {
        const rate = macsOf(tokens) / (encode[tokens]?.[name]?.median ?? NaN) / 1e6
        return `${rate.toFixed(1)} (${((100 * rate) / own).toFixed(0)} %)`
      })
      return [labelOf(name), own.toFixed(1), ...shares]
    })
  const note =
    `Peak of the dot instructions from registers, GMAC/s: relaxed int8 ${peak.dot8.median} (best ${peak.dot8.best}), ` +
    `int16 ${peak.dot16.median} (best ${peak.dot16.best}). The whole encoder, tokenizer included, as GMAC/s and share of its peak:`
  return `${note}\n\n${table(['', 'peak', ...LENGTHS.map((tokens) => `${tokens} tokens`)], rows)}`
}

/** @param {ByEngine} bulk */
function bulkTable(bulk) {
  const rival = Math.min(bulk.q8?.median ?? NaN, bulk.q8Batch?.median ?? NaN)
  const one = bulk.inkling?.median ?? NaN
  const rows = Object.entries(BULK_LABELS)
    .filter(([name]) => bulk[name])
    .map(([name, label]) => {
      const { median, best } = /** @type {import('./stats.mjs').Figures} */ (bulk[name])
      return [
        label,
        `${ms(median)} (${ms(best)})`,
        times(rival / median),
        name.startsWith('inkling') ? times(one / median) : '',
      ]
    })
  return table(['', 'time', `against the better of ${labelOf(RIVAL)}`, 'against one worker'], rows)
}

/** @param {NonNullable<Results['cold']>} cold */
function coldTable(cold) {
  const names = Object.keys(cold).filter((name) => name !== 'inkling')
  /** @param {'empty' | 'full'} caches */
  const rival = (caches) => Math.min(...names.map((name) => cold[name]?.[caches].median ?? Infinity))
  const rows = Object.entries(cold).map(([name, { empty, full }]) => [
    labelOf(name),
    ms(empty.median),
    times(rival('empty') / empty.median),
    ms(full.median),
    times(rival('full') / full.median),
  ])
  return table(['', 'caches empty', 'against the better rival', 'caches full', 'against the better rival'], rows)
}

/** @param {NonNullable<Results['downloads']>} downloads */
function downloadTable(downloads) {
  const kinds = [...new Set(Object.values(downloads).flatMap(({ kinds }) => Object.keys(kinds)))].sort()
  const rows = Object.entries(downloads).map(([name, { kinds: sizes, total, files }]) => [
    labelOf(name),
    String(files.length),
    ...[...kinds.map((kind) => sizes[kind]), total].map(
      (size) => `${megabytes(size?.raw ?? 0)} (${megabytes(size?.brotli ?? 0)})`,
    ),
  ])
  return `Raw, and in brackets with brotli 11.\n\n${table(['', 'requests', ...kinds, 'all'], rows)}`
}

/** @param {NonNullable<Results['memory']>} memory */
function memoryTable(memory) {
  const rows = Object.entries(memory).map(([name, { loaded, queries, passages }]) => [
    labelOf(name),
    ...[loaded, queries, passages].map((bytes) => (bytes / 1e6).toFixed(1)),
  ])
  return table(['', 'after loading', `after ${QUERIES} queries`, 'then after passages of 256 tokens'], rows)
}
