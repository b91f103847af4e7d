// What the scripts share: where things are, how a command is run, and how a step that is already done is skipped.

import { AsyncLocalStorage } from 'node:async_hooks'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

/** A path under the root. @param {string[]} parts */
export const at = (...parts) => path.join(root, ...parts)

/** A failure whose message is all that the reader needs: no stack trace is printed for it. */
export class Stop extends Error {}

/** Runs a script's main function; prints what stopped it in one line. @param {() => Promise<unknown>} main */
export async function script(main) {
  try {
    await main()
  } catch (error) {
    console.error(error instanceof Stop ? `\n${error.message}` : error)
    process.exit(1)
  }
}

/** Announces a step. @param {string} text */
export const say = (text) => console.log(`▸ ${text}`)

/** The path of a program, or undefined. @param {string} name */
export function which(name) {
  const folders = (process.env.PATH ?? '').split(path.delimiter)
  return folders
    .map((folder) => path.join(folder, name))
    .find((file) => {
      try {
        fs.accessSync(file, fs.constants.X_OK)
        return fs.statSync(file).isFile()
      } catch {
        return false
      }
    })
}

/** What commands print while several run at once: kept until their step is done, so that lines do not mix. */
export const kept = /** @type {AsyncLocalStorage<{ chunks: (string | Buffer)[] }>} */ (new AsyncLocalStorage())

/** Prints a line, or keeps it where commands' output is kept. @param {string} line */
export function print(line) {
  const store = kept.getStore()
  if (store) store.chunks.push(`${line}\n`)
  else console.log(line)
}

/** Where this is set, commands give way to others. */
const patient = new AsyncLocalStorage()

/** Does work whose commands take the processor only where no other wants it. @template T @param {() => Promise<T>} work */
export const patiently = (work) => patient.run(true, work)

/** Processes that are running. @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set()

/** Ends every process that this one has started. */
export const endCommands = () => children.forEach((child) => child.kill())

/**
 * Runs a command in the root, its output going straight to the terminal, and stops when it fails.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string> }} [options]
 */
export async function run(command, args, { env } = {}) {
  if (kept.getStore()) {
    const { failure } = await tee(command, args, env ? { env } : {})
    if (failure) throw failure
    return
  }
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' })
  await ended(child, command, args)
}

/**
 * Runs a command like `run`, and also returns what it printed, without colours.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string> }} [options]
 * @returns {Promise<{ output: string, failure?: Stop }>}
 */
export async function tee(command, args, { env } = {}) {
  /** @type {Record<string, string>} */
  const colours = process.stdout.isTTY ? { CARGO_TERM_COLOR: 'always', FORCE_COLOR: '1' } : {}
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...colours, ...env },
    stdio: ['inherit', 'pipe', 'pipe'],
  })
  const store = kept.getStore()
  let output = ''
  /** @param {NodeJS.WriteStream} stream @returns {(chunk: Buffer) => void} */
  const into = (stream) => (chunk) => {
    if (store) store.chunks.push(chunk)
    else stream.write(chunk)
    output += chunk
  }
  child.stdout.on('data', into(process.stdout))
  child.stderr.on('data', into(process.stderr))
  /** @type {Stop | undefined} */
  let failure
  await ended(child, command, args).catch((error) => (failure = error))
  const plain = output.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '')
  return failure ? { output: plain, failure } : { output: plain }
}

/**
 * Resolves when a process has ended well.
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<void>}
 */
function ended(child, command, args) {
  children.add(child)
  if (child.pid && patient.getStore()) os.setPriority(child.pid, os.constants.priority.PRIORITY_LOW)
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Stop(`cannot run ${command}: ${error.message}`)))
    child.on('close', (code, signal) => {
      children.delete(child)
      if (code === 0) resolve()
      else reject(new Stop(`failed (${signal ?? code}): ${[path.basename(command), ...args].join(' ')}`))
    })
  })
}

/** What a command prints, or undefined when it fails. @param {string} command @param {string[]} args */
export function capture(command, args) {
  const { status, stdout } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return status === 0 ? stdout.trim() : undefined
}

/** The user's cache folder, where tools that several checkouts share are kept. */
export const cacheFolder = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'inkling')

/**
 * The hash of strings and of every file in files and folders, names included.
 * @param {string[]} paths relative to the root; missing ones count as empty
 * @param {string[]} strings
 */
export function hashOf(paths, strings = []) {
  const hash = createHash('sha256').update(JSON.stringify(strings))
  for (const file of paths.flatMap((entry) => filesUnder(at(entry))).sort()) {
    hash.update(`\0${path.relative(root, file)}\0`).update(fs.readFileSync(file))
  }
  return hash.digest('hex')
}

/** @param {string} entry @returns {string[]} */
function filesUnder(entry) {
  const stat = fs.statSync(entry, { throwIfNoEntry: false })
  if (!stat) return []
  return stat.isDirectory() ? fs.readdirSync(entry).flatMap((name) => filesUnder(path.join(entry, name))) : [entry]
}

/** What has been done and how long it took, in order. @type {{ name: string, seconds: number, passed?: number, failed?: number }[]} */
export const done = []

/** Steps that are being done. @type {Map<string, Promise<boolean>>} */
const running = new Map()

/**
 * Does a step unless its inputs are those of the last time and what it made is still there; gives whether it did. What
 * asks for a step that is being done waits for it.
 * @typedef {object} Step
 * @property {string} name
 * @property {string} inputs a hash of what is known to matter before the step is done
 * @property {string[]} outputs relative to the root
 * @property {() => Promise<string[] | void>} work may give the files, relative to the root, that turned out to matter,
 * as a compiler lists them: those are inputs of the next time
 * @param {Step} step
 * @returns {Promise<boolean>}
 */
export function unlessDone(step) {
  const doing = running.get(step.name) ?? doStep(step).finally(() => running.delete(step.name))
  running.set(step.name, doing)
  return doing
}

/** @param {Step} step */
async function doStep({ name, inputs, outputs, work }) {
  const stamp = at('build', '.done', name)
  if (fs.existsSync(stamp) && outputs.every((output) => fs.existsSync(at(output)))) {
    const [hash, ...files] = fs.readFileSync(stamp, 'utf8').split('\n')
    if (hash === hashOf(files, [inputs])) return false
  }
  fs.rmSync(stamp, { force: true })
  const start = Date.now()
  const files = (await work()) ?? []
  done.push({ name, seconds: (Date.now() - start) / 1000 })
  // A file that was saved meanwhile may have been read before that: then the step is not done.
  if (files.some((file) => (fs.statSync(at(file), { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > start)) return true
  fs.mkdirSync(path.dirname(stamp), { recursive: true })
  fs.writeFileSync(stamp, [hashOf(files, [inputs]), ...files].join('\n'))
  return true
}
