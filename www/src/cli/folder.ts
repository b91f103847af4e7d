/** Folders of this machine: models and indexes as files. */
import fs from 'node:fs'
import path from 'node:path'
import { InklingError } from '../errors.js'
import type { SavedFile } from '../types.js'

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
  const file = path.join(folder, 'manifest.json')
  const damaged = (cause?: unknown) =>
    new InklingError('damaged-file', `${file} is not the manifest of an index: build it again`, { cause })
  let manifest: Manifest
  try {
    manifest = JSON.parse(Buffer.from(readFile(file)).toString('utf8')) as Manifest
  } catch (cause) {
    throw cause instanceof InklingError ? cause : damaged(cause)
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
  return new Map(names.map((name) => [name, readFile(path.join(folder, name))]))
}

/** Writes files below a folder, each through a sibling that is renamed, so that no file is ever half written. */
export function writeFiles(folder: string, files: readonly SavedFile[]): void {
  for (const { path: name, bytes } of files) {
    const file = path.join(folder, name)
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true })
      fs.writeFileSync(`${file}.${process.pid}.part`, bytes)
      fs.renameSync(`${file}.${process.pid}.part`, file)
    } catch (cause) {
      throw new InklingError('io', `cannot write ${file}: ${(cause as Error).message}`, { cause })
    }
  }
}
