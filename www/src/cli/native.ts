/** The native command line, where it is installed, and what it is told of the packages beside it. */
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The version of this package. */
export const VERSION: string = packageVersion()

function packageVersion(): string {
  try {
    // Beside dist/, where the build puts this.
    return versionIn(fileURLToPath(new URL('../package.json', import.meta.url)))
  } catch {
    // The folder dist/ was copied alone.
    return 'unknown'
  }
}

function versionIn(file: string): string {
  return (JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version
}

const PROGRAM = process.platform === 'win32' ? 'inkling.exe' : 'inkling'

/** What this machine is called in the names of packages, whether there is one for it or not. */
export function platform(): string {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined
  const isMusl = process.platform === 'linux' && !report?.header?.glibcVersionRuntime
  return `${process.platform}-${process.arch}${isMusl ? '-musl' : ''}`
}

/**
 * The native command line of this version: that of the package for this machine, or one on the PATH. Another version could write
 * another format; it is named on stderr and passed over.
 */
export function findNative(): string | undefined {
  const candidates = [packaged(), onPath()].flatMap((found) => found ?? [])
  for (const { file, version } of candidates) {
    if (version === VERSION) return file
    process.stderr.write(`${file} is of version ${version ?? 'unknown'}, this package of ${VERSION}: not used\n`)
  }
  return undefined
}

interface Candidate {
  file: string
  version: string | undefined
}

function packaged(): Candidate | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`@inkling-search/${platform()}/package.json`)
    const file = path.join(path.dirname(manifest), 'bin', PROGRAM)
    return isProgram(file) ? { file, version: versionIn(manifest) } : undefined
  } catch {
    return undefined
  }
}

function onPath(): Candidate | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '')
  const file = folders.map((folder) => path.join(folder, PROGRAM)).find(isProgram)
  if (!file) return undefined
  const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' })
  return { file, version: /^inkling (\S+)/.exec(stdout ?? '')?.[1] }
}

/** Whether a file can be run and is no script: npm puts one that leads back here under the same name. */
function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK)
    const handle = fs.openSync(file, 'r')
    const start = Buffer.alloc(2)
    fs.readSync(handle, start, 0, 2, 0)
    fs.closeSync(handle)
    return start.toString('latin1') !== '#!'
  } catch {
    return false
  }
}

/** The variables by which the command line finds what the packages hold, unless the user has set them. */
export function variables(): Record<string, string> {
  const model = findModel()
  const found = { INKLING_DIST: path.dirname(fileURLToPath(import.meta.url)), ...(model && { INKLING_MODEL: model }) }
  return { ...found, ...(process.env as Record<string, string>) }
}

/** The folder of the cache that the command line shares with others of this user. */
export const cache = (): string => path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'inkling')

/** The folder of the model in the nearest package `inkling-model-…`, seen from where the command is called and from here, or in the cache. */
export function findModel(): string | undefined {
  const here = path.dirname(fileURLToPath(import.meta.url))
  for (const folder of [...upwards(process.cwd()), ...upwards(here)]) {
    const found = modelsIn(path.join(folder, 'node_modules'))
    if (found.length > 1)
      process.stderr.write(
        `there are several models: taking ${found[0]}; --model names another: ${found.slice(1).join(', ')}\n`,
      )
    if (found[0]) return found[0]
  }
  // What the native command line has pulled before.
  const kept = path.join(cache(), 'models', `default-${VERSION}`)
  return fs.existsSync(path.join(kept, 'config.json')) ? kept : undefined
}

function upwards(folder: string): string[] {
  const above = path.dirname(folder)
  return above === folder ? [folder] : [folder, ...upwards(above)]
}

function modelsIn(modules: string): string[] {
  const names = fs.existsSync(modules) ? fs.readdirSync(modules) : []
  return names
    .filter((name) => name.startsWith('inkling-model-'))
    .sort()
    .map((name) => path.join(modules, name, 'model'))
    .filter((folder) => fs.existsSync(path.join(folder, 'config.json')))
}

/** The signals that end a program and that it may answer in its own way. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs the native command line in place of this one, hands signals on to it, and gives its exit code. */
export function runNative(file: string, args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', env: variables() })
    for (const signal of SIGNALS) process.on(signal, () => child.kill(signal))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      for (const name of SIGNALS) process.removeAllListeners(name)
      // What ended it ends this, so that whoever called sees the same.
      if (signal) process.kill(process.pid, signal)
      else resolve(code ?? 1)
    })
  })
}
