// Where the figures come from: the machine, the browser, and the versions of what is compared.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { at, capture, Stop } from '../../scripts/lib.mjs'
import { modules } from './setup.mjs'

/** Processes that want to run, above which something else is running. */
const QUIET = 0.5

/**
 * The load average; stops when the machine is busy with something else, unless told to go on.
 * @param {boolean} force
 */
export function checkLoad(force) {
  const load = Number(os.loadavg()[0]?.toFixed(2))
  if (load <= QUIET) return load
  const text = `the load average is ${load}: something else is running, and the figures would be noise`
  if (!force) throw new Stop(`${text}\nwait until it is below ${QUIET}, or run with --force`)
  console.warn(`  ${text}`)
  return load
}

/**
 * What the results are to be read with.
 * @param {{ browser: string, loadAverage: number }} known version of the browser, load before the bench
 */
export function describeMachine({ browser, loadAverage }) {
  const [cpu] = os.cpus()
  return {
    processor: processorName(cpu?.model ?? 'unknown'),
    cores: os.cpus().length,
    instructions: instructionSets(),
    memoryGB: Math.round(os.totalmem() / 1e9),
    system: `${os.type()} ${os.release()}`,
    loadAverage,
    browser,
    commit: capture('git', ['rev-parse', '--short', 'HEAD']) ?? 'unknown',
  }
}

/** @param {string} model */
const processorName = (model) =>
  model
    .replaceAll(/\((R|TM)\)/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()

/** The vector instructions that matter here, where the system tells. */
function instructionSets() {
  const file = '/proc/cpuinfo'
  if (!fs.existsSync(file)) return []
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(fs.readFileSync(file, 'utf8'))?.[1]?.split(/\s+/) ?? []
  return ['avx2', 'avx_vnni', 'avx_vnni_int8', 'avx512_vnni', 'asimddp', 'i8mm'].filter((name) => flags.includes(name))
}

/** Versions of everything compared. */
export function versions() {
  /** @param {string} file */
  const json = (file) => JSON.parse(fs.readFileSync(file, 'utf8'))
  const manifest = fs.readFileSync(at('tests', 'bench', 'candle', 'Cargo.toml'), 'utf8')
  return {
    'inkling-search': json(at('package.json')).version,
    '@huggingface/transformers': json(path.join(modules, '@huggingface', 'transformers', 'package.json')).version,
    'onnxruntime-web': json(path.join(modules, 'onnxruntime-web', 'package.json')).version,
    ...Object.fromEntries(
      ['minisearch', '@orama/orama', 'pagefind'].map((name) => [
        name,
        json(path.join(modules, name, 'package.json')).version,
      ]),
    ),
    candle: /candle-transformers = \{ version = "=([^"]+)"/.exec(manifest)?.[1] ?? 'unknown',
  }
}
