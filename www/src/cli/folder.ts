/** Folders of this machine: models and indexes as files. */
import fs from 'node:fs'
import path from 'node:path'
import { InklingError } from '../errors.js'
import type { SavedFile } from '../types.js'

/** Where `src/files/` writes a set, where it waits to be moved to its places, and its list of what goes. */
const [NEW, NEXT, REMOVED] = ['.inkling-new', '.inkling-next', '.removed']

const MODEL_FILES = ['config.json', 'tokenizer.json', 'weights.safetensors']

/** A file's bytes. */
export function readFile(file: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(fs.readFileSync(file))
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new InklingError(code === 'ENOENT' ? 'not-found' : 'io', `cannot read ${file}: ${message}`, { cause })
  }
}

/** A file of a set, where the last change has left it. */
function readCurrent(folder: string, name: string): Uint8Array<ArrayBuffer> {
  const next = path.join(folder, NEXT, name)
  return readFile(fs.existsSync(next) ? next : path.join(folder, name))
}

/** The files of a quantized model. */
export function readModel(folder: string): Map<string, Uint8Array> {
  if (!fs.existsSync(path.join(folder, 'config.json'))) {
    throw new InklingError(
      'not-found',
      `${folder} holds no model (config.json is missing): give --model the folder model/ of an index, its address on a site, ` +
        'or one made by the native `inkling model pull`',
    )
  }
  return readAll(folder, MODEL_FILES)
}

/** A manifest, as far as it is read here. */
export interface Manifest {
  files: { path: string; bytes: number; sha256: string; needed: string }[]
  [key: string]: unknown
}

/** The manifest of an index. */
export function readManifest(folder: string): Manifest {
  return parsed(readCurrent(folder, 'manifest.json'))
}

function parsed(json: Uint8Array): Manifest {
  const damaged = (cause?: unknown) =>
    new InklingError('damaged-file', 'manifest.json is not the manifest of an index: build it again', { cause })
  let manifest: Manifest
  try {
    manifest = JSON.parse(Buffer.from(json).toString('utf8')) as Manifest
  } catch (cause) {
    throw damaged(cause)
  }
  const isInside = (name: unknown) =>
    typeof name === 'string' && name.split('/').every((part) => !['', '.', '..'].includes(part)) && !/[\\:]/.test(name)
  if (!Array.isArray(manifest?.files) || !manifest.files.every((entry) => isInside(entry?.path))) throw damaged()
  return manifest
}

/** The files of an index, those that rank by meaning only where they are wanted. Hashes are checked by whoever opens them. */
export function readIndex(folder: string, byMeaning: boolean): Map<string, Uint8Array> {
  const wanted = readManifest(folder).files.filter(({ needed }) => byMeaning || !['model', 'meaning'].includes(needed))
  return readAll(folder, ['manifest.json', ...wanted.map((file) => file.path)])
}

function readAll(folder: string, names: readonly string[]): Map<string, Uint8Array> {
  return new Map(names.map((name) => [name, readCurrent(folder, name)]))
}

/**
 * Writes the files of an index below a folder: all of them or none, by the steps of `src/files/`, which finishes what is stopped
 * here and the other way round. There are no locks in Node: two writers at once are the user's affair.
 */
export function writeFiles(folder: string, files: readonly SavedFile[]): void {
  const made = fs.existsSync(folder) ? undefined : fs.mkdirSync(folder, { recursive: true })
  const [staged, next] = [path.join(folder, NEW), path.join(folder, NEXT)]
  try {
    settle(folder)
    const old = new Set(oldPaths(folder))
    for (const { path: name, bytes } of files) {
      if (name === 'manifest.json') for (const { path: kept } of parsed(bytes).files) old.delete(kept)
      writeSynced(path.join(staged, name), bytes)
    }
    for (const { path: name } of files) fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    if (old.size > 0) writeSynced(path.join(staged, REMOVED), JSON.stringify([...old]))
    fs.renameSync(staged, next)
    settle(folder)
  } catch (cause) {
    fs.rmSync(staged, { recursive: true, force: true })
    if (made && !fs.existsSync(next)) fs.rmSync(made, { recursive: true, force: true })
    throw new InklingError('io', `cannot write ${folder}: ${(cause as Error).message}`, { cause })
  }
}

/** Finishes a change of the folder that was made, and removes one that was stopped before. */
function settle(folder: string): void {
  const next = path.join(folder, NEXT)
  const list = path.join(next, REMOVED)
  const removed = fs.existsSync(list) ? (JSON.parse(fs.readFileSync(list, 'utf8')) as string[]) : []
  const names = fs.existsSync(next) ? fs.readdirSync(next, { recursive: true, encoding: 'utf8' }) : []
  for (const name of names) {
    const [from, place] = [path.join(next, name), path.join(folder, name)]
    if (name === REMOVED || fs.statSync(from).isDirectory()) continue
    fs.mkdirSync(path.dirname(place), { recursive: true })
    fs.renameSync(from, place)
  }
  for (const name of removed) fs.rmSync(path.join(folder, name), { force: true })
  fs.rmSync(next, { recursive: true, force: true })
  fs.rmSync(path.join(folder, NEW), { recursive: true, force: true })
}

function writeSynced(file: string, bytes: Uint8Array | string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, bytes, { flush: true })
}

/** What the index in a folder consists of, where there is one that can be read. */
function oldPaths(folder: string): string[] {
  try {
    return readManifest(folder).files.map((file) => file.path)
  } catch {
    return []
  }
}
