/** Building an index in the visitor's browser. Safe to import where there is no browser: nothing starts until called. */

import { cancelled, InklingError } from './errors.js'
import type {
  Backend,
  BackendOption,
  BuildProgress,
  BuildSettings,
  BuiltIndex,
  SavedFile,
  SearchDocument,
} from './types.js'
import { Client, folderUrl, loadOptions, onAbort } from './worker/client.js'
import { Pool, workersFor } from './worker/pool.js'
import type { BuildSource } from './worker/protocol.js'

export { InklingError, type InklingErrorCode } from './errors.js'
export { fieldsOf, filterFields } from './fields.js'
export type {
  Backend,
  BackendOption,
  BuildNote,
  BuildProgress,
  BuildSettings,
  BuiltIndex,
  Choice,
  CorpusFormat,
  SavedFile,
  SearchDocument,
} from './types.js'

/** Options of {@link buildIndex}. */
export interface BuildOptions extends BuildSettings {
  /**
   * The folder that `inkling model pull` wrote, as the site serves it (`/search/model/`), or its files by their names:
   * `config.json`, `tokenizer.txt` and `weights.safetensors`. Of a model that encodes queries alone also those of the one that encodes
   * documents, in `documents/`: the index gets both.
   */
  model: string | URL | ReadonlyMap<string, Uint8Array>
  /** The name of the file that a text came from: its ending tells how it is written. A `File` brings its own. */
  name?: string
  /** False fetches the model anew and stores nothing. Default true: its files are kept in Cache Storage. */
  cache?: boolean
  /**
   * False lets a GPU encode a long programme, as the option `backend` of a search says: vectors are then as good, but not the bytes
   * that `inkling index` writes. Default true.
   */
  deterministic?: boolean
  /** What may compute where `deterministic` is false. Default `auto`. */
  backend?: BackendOption
  /** Workers that share the encoding, as in `Encoder.encode`. Default: one for each processor but at most four, if it takes long. */
  workers?: number
  /** Called as documents are read, the model is loaded and passages are encoded. */
  onProgress?: (progress: BuildProgress) => void
  /** Aborting it ends the work at once; the promise rejects with the code `cancelled`. */
  signal?: AbortSignal
}

/**
 * Builds an index in a worker of its own: the files that `inkling index` would write, byte for byte, unless `deterministic` is false.
 *
 * Takes documents, or the content of a JSON, JSON Lines, CSV, XML or iCalendar file as a `File`, a text or bytes. One bad record
 * costs one record; `notes` says what was left out or assumed.
 * Hand the files to `createSearch({ files: new Map(files.map(({ path, bytes }) => [path, bytes])) })` to search them at
 * once, or to {@link zipFiles} to save them.
 *
 * @throws InklingError `damaged-file` with the place where reading stopped, `missing-column` when no record has a title or what a
 * setting names, with the columns that there are, `faulty-records` with `strict`, `empty-corpus`, `duplicate-id`,
 * `invalid-input` for what cannot be indexed, and what loading a model throws.
 */
export async function buildIndex(
  source: readonly SearchDocument<unknown>[] | string | Uint8Array | Blob,
  options: BuildOptions,
): Promise<BuiltIndex> {
  const { model, name = '', cache, workers, onProgress, signal, deterministic = true, backend, ...rest } = options ?? {}
  const files = model instanceof Map ? model : undefined
  const url = files ? '' : folderUrl(model as string | URL)
  const settings: BuildSettings = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  if (deterministic && backend !== undefined && backend !== 'cpu') {
    throw new InklingError('invalid-input', `backend is ${JSON.stringify(backend)}: it needs deterministic: false`)
  }
  const load = loadOptions({
    ...(cache !== undefined && { cache }),
    ...(files && { files }),
    backend: deterministic ? 'cpu' : (backend ?? 'auto'),
  })
  const params = { settings, url, options: load }
  return inWorker(signal, async (client) => {
    const { texts, folder } = await client.call('plan', { source: await sourceOf(source, name), ...params }, onProgress)
    let bulk: Backend = 'cpu'
    client.onChoice = (choice) => (bulk = choice.bulk)
    const pool = new Pool(
      texts,
      (step) => onProgress?.({ stage: 'encode', ...step }),
      () => bulk,
    )
    const stopListening = onAbort(signal, () => pool.stop())
    try {
      // Without stored files every helper would fetch the whole model again.
      const helpers = files || cache === false ? 0 : workersFor(texts, workers) - 1
      for (let i = 0; i < helpers; i++) void pool.help(() => startHelper(`${url}${folder}`))
      return await client.call('finish', { vectors: await pool.run(client) })
    } finally {
      stopListening()
    }
  })
}

/** A worker that encodes with the same model. */
async function startHelper(url: string): Promise<Client> {
  const client = new Client()
  try {
    await client.call('loadEncoder', { url, options: { backend: 'cpu' } })
    return client
  } catch (error) {
    client.close(cancelled('this helper failed to load', error))
    throw error
  }
}

/** One ZIP file of the files of an index, for a folder to deploy. Paths are kept; put a folder before them if you want one. */
export async function zipFiles(files: readonly SavedFile[]): Promise<Blob> {
  if (!Array.isArray(files)) throw new InklingError('invalid-input', 'zipFiles() takes an array of { path, bytes }')
  const bytes = await inWorker(undefined, (client) => client.call('zip', { files }))
  return new Blob([bytes], { type: 'application/zip' })
}

/** Does something in a worker that is gone afterwards, and at once when the signal is aborted. */
async function inWorker<T>(signal: AbortSignal | undefined, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client()
  const stopListening = onAbort(signal, (error) => client.close(error))
  try {
    return await work(client)
  } finally {
    stopListening()
    client.close(cancelled('this worker has done its work'))
  }
}

async function sourceOf(
  source: readonly SearchDocument<unknown>[] | string | Uint8Array | Blob,
  name: string,
): Promise<BuildSource> {
  if (typeof source === 'string') return { bytes: new TextEncoder().encode(source), name }
  if (source instanceof Uint8Array) return { bytes: source, name }
  if (source instanceof Blob) {
    const bytes = await source.arrayBuffer().catch((cause: unknown) => {
      throw new InklingError('io', 'the file cannot be read: choose it again', { cause })
    })
    return { bytes: new Uint8Array(bytes), name: name || (source instanceof File ? source.name : '') }
  }
  if (Array.isArray(source)) return { documents: source }
  throw new InklingError('invalid-input', 'buildIndex() takes an array of documents, a text, bytes or a file')
}
