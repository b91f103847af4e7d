// What the crate depends on, compiled: kept in the user's cache for all checkouts with the same Cargo.lock and compiler,
// so that a fresh clone compiles the crate alone. What is made of a checkout itself never goes there, so checkouts cannot
// be taken for each other.

import fs from 'node:fs'
import path from 'node:path'
import { wasmEnvironment } from './cargo.mjs'
import { at, cacheFolder, capture, hashOf } from './lib.mjs'

/** How many lock files and compilers are kept. */
const KEPT = 3

/** Cargo's folders for what it compiles: libraries, what build scripts said and made, and how it knows what is fresh. */
const KINDS = /** @type {const} */ (['deps', 'build', '.fingerprint'])

/**
 * Whether an entry of a folder of cargo's is made of a library from a registry. Tests and commands have no ending there.
 * @param {typeof KINDS[number]} kind @param {string} name
 */
const isForeign = (kind, name) =>
  !/^(lib)?inkling/.test(name) && (kind !== 'deps' || /\.(rlib|rmeta|so|dylib|dll)$/.test(name))

/** What cargo calls one library, or build script, with its features and profile. @param {string} name */
const unitOf = (name) => /-([0-9a-f]{16})/.exec(name)?.[1] ?? ''

/** What another process is about to put into a folder: it has another name in a moment. @param {string} name */
const isPartial = (name) => /\.\d+$/.test(name)

/** What is compiled to the end: cargo writes what it knows of a unit then. @param {string} profile @returns {Set<string>} */
function finished(profile) {
  const known = path.join(profile, '.fingerprint')
  const isDone = (/** @type {string} */ name) =>
    fs.readdirSync(path.join(known, name)).some((file) => file.endsWith('.json'))
  const names = fs.readdirSync(known).filter((name) => !isPartial(name))
  return new Set(names.filter(isDone).map(unitOf))
}

const folder = () => path.join(cacheFolder, 'crates')

/** The folder for this lock file, this compiler and what it is told for browsers. */
const ownFolder = () => {
  const told = [capture('rustc', ['-vV']) ?? '', wasmEnvironment('simd128').CARGO_ENCODED_RUSTFLAGS]
  return path.join(folder(), hashOf(['Cargo.lock'], told).slice(0, 16))
}

/**
 * The folders that hold what one profile compiled for one target.
 * @param {string} base @param {string} [within] @param {number} [depth] @returns {string[]} relative to the base
 */
function profiles(base, within = '', depth = 3) {
  if (!fs.existsSync(path.join(base, within))) return []
  const entries = fs
    .readdirSync(path.join(base, within), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
  if (entries.some(({ name }) => name === '.fingerprint')) return [within]
  return depth === 0 ? [] : entries.flatMap(({ name }) => profiles(base, path.join(within, name), depth - 1))
}

/** Whether two files hold the same bytes; not where cargo is at one of them. @param {string} one @param {string} other */
function areSame(one, other) {
  const [a, b] = [one, other].map((file) => fs.statSync(file, { throwIfNoEntry: false }))
  if (!a || !b) return false
  return a.ino === b.ino || (a.size === b.size && fs.readFileSync(one).equals(fs.readFileSync(other)))
}

/**
 * Whether two folders have compiled a library of the same name differently: the path of what a build script wrote is part of it. What
 * is linked with the one library cannot be linked with the other, and the compiler says only that it cannot be found.
 * @param {string} from @param {string} to
 */
const disagree = (from, to) =>
  profiles(from).some((profile) => {
    const [ours, theirs] = [path.join(from, profile, 'deps'), path.join(to, profile, 'deps')]
    if (!fs.existsSync(ours) || !fs.existsSync(theirs)) return false
    const there = new Set(fs.readdirSync(theirs))
    const both = fs
      .readdirSync(ours)
      .filter((name) => name.endsWith('.rmeta') && isForeign('deps', name) && there.has(name))
    return both.some((name) => !areSame(path.join(ours, name), path.join(theirs, name)))
  })

/**
 * Puts what is compiled in one folder into another that lacks it, unless the two disagree. Files are linked and not copied: cargo and
 * the compiler replace files and never change them. What tells cargo that a library is there comes last.
 * @param {string} from @param {string} to
 */
export function share(from, to) {
  if (disagree(from, to)) return
  for (const profile of profiles(from)) {
    const done = finished(path.join(from, profile))
    for (const kind of KINDS) {
      const [source, target] = [path.join(from, profile, kind), path.join(to, profile, kind)]
      if (!fs.existsSync(source)) continue
      fs.mkdirSync(target, { recursive: true })
      const there = new Set(fs.readdirSync(target))
      for (const name of fs.readdirSync(source)) {
        if (!isPartial(name) && isForeign(kind, name) && done.has(unitOf(name)) && !there.has(name))
          shareEntry(path.join(source, name), path.join(target, name), kind !== '.fingerprint')
      }
    }
  }
}

/** @param {string} source @param {string} target @param {boolean} link */
function shareEntry(source, target, link) {
  const partial = `${target}.${process.pid}`
  try {
    if (link) linkAll(source, partial)
    else fs.cpSync(source, partial, { recursive: true, preserveTimestamps: true })
    fs.renameSync(partial, target)
  } catch (error) {
    // Another process was faster, or cargo is at it.
    if (!(/** @type {NodeJS.ErrnoException} */ (error).code)) throw error
  }
  fs.rmSync(partial, { recursive: true, force: true })
}

/** @param {string} source @param {string} target */
function linkAll(source, target) {
  if (fs.statSync(source).isDirectory()) {
    fs.mkdirSync(target)
    for (const name of fs.readdirSync(source)) linkAll(path.join(source, name), path.join(target, name))
    return
  }
  try {
    fs.linkSync(source, target)
  } catch {
    // On another disk.
    fs.cpSync(source, target, { preserveTimestamps: true })
  }
}

/** Gives this checkout what others have compiled, and, when this process ends, those what this one has. */
export function shareCrates() {
  const own = ownFolder()
  share(own, at('target'))
  process.once('exit', () => {
    share(at('target'), own)
    prune()
  })
}

/** Gives the modules with relaxed SIMD what those without it depend on, compiled: it is the same, and no other. */
export function shareVariants(plain = at('target', 'wasm-simd128'), relaxed = at('target', 'wasm-relaxed')) {
  if (disagree(plain, relaxed)) fs.rmSync(relaxed, { recursive: true, force: true })
  share(plain, relaxed)
}

/** Forgets what the lock files and compilers of long ago need. */
function prune() {
  const own = ownFolder()
  fs.mkdirSync(own, { recursive: true })
  fs.utimesSync(own, new Date(), new Date())
  const all = fs.readdirSync(folder()).map((name) => path.join(folder(), name))
  const byAge = all.map((file) => ({ file, used: fs.statSync(file).mtimeMs })).sort((a, b) => b.used - a.used)
  for (const { file } of byAge.slice(KEPT)) fs.rmSync(file, { recursive: true, force: true })
}
