/** `--model https://…` and `--query-model https://…`: models of a site, fetched before the command begins. */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { InklingError } from '../errors.js'
import { cache } from './native.js'

/** Replaces addresses that are given as models by the folders that they were fetched into. */
export async function withModel(args: readonly string[]): Promise<string[]> {
  const changed = [...args]
  for (const [at, arg] of args.entries()) {
    const [, option = args[at - 1] ?? '', address = arg] = /^(--(?:query-)?model)=(.*)$/.exec(arg) ?? []
    if (!/^--(query-)?model$/.test(option) || !/^https?:\/\//.test(address)) continue
    const folder = await fetched(address, option === '--model')
    changed[at] = address === arg ? folder : `${option}=${folder}`
  }
  return changed
}

/** The file of a model as `config.json` promises it. */
interface Digest {
  bytes: number
  sha256: string
}

/** A model of a site: where its files are below the folder that is named, its `config.json`, and what that promises. */
interface Remote {
  below: string
  config: Uint8Array
  tokenizer: Digest
  weights: Digest
  /** Whether documents are encoded by another. */
  isStudent: boolean
}

/**
 * Fetches a model into the cache and gives its folder; one that is there already is not fetched again. Of a model that encodes queries
 * alone also what encodes documents, where these are to be encoded: the folder is then as the site has it.
 */
async function fetched(address: string, encodesDocuments: boolean): Promise<string> {
  const base = address.endsWith('/') ? address : `${address}/`
  const model = await described(base, '')
  // The outer one last: with it the folder is a model.
  const models = [...(model.isStudent && encodesDocuments ? [await described(base, 'documents/')] : []), model]
  const folder = path.join(cache(), 'sites', sha256(Buffer.concat(models.map(({ config }) => config))))
  if (fs.existsSync(path.join(folder, 'config.json'))) return folder
  for (const { below, config, ...digests } of models) {
    fs.mkdirSync(path.join(folder, below), { recursive: true })
    const files = { 'tokenizer.txt': digests.tokenizer, 'weights.safetensors': digests.weights }
    for (const [name, digest] of Object.entries(files)) {
      const bytes = await get(base + below + name)
      if (sha256(bytes) !== digest.sha256)
        throw new InklingError(
          'hash-mismatch',
          `${base}${below}${name} is not the file that config.json promises: ask the site's owner`,
        )
      fs.writeFileSync(path.join(folder, below, name), bytes, { flush: true })
    }
    fs.writeFileSync(path.join(folder, below, 'config.json'), config, { flush: true })
  }
  return folder
}

async function described(base: string, below: string): Promise<Remote> {
  const config = await get(`${base}${below}config.json`)
  try {
    const parsed = JSON.parse(Buffer.from(config).toString('utf8')) as Record<string, unknown>
    const { tokenizer, weights } = parsed as Record<string, Digest>
    if (typeof tokenizer?.sha256 === 'string' && typeof weights?.sha256 === 'string')
      return { below, config, tokenizer, weights, isStudent: parsed.student_of !== undefined }
  } catch {
    // Said below.
  }
  throw new InklingError(
    'damaged-file',
    `${base}${below}config.json is not that of a model: give the address of the folder model/ of an index`,
  )
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function get(address: string): Promise<Uint8Array> {
  let response: Response
  try {
    response = await fetch(address)
  } catch (cause) {
    throw new InklingError('network', `cannot fetch ${address}: check the address and the network`, { cause })
  }
  if (response.ok) return new Uint8Array(await response.arrayBuffer())
  const code = response.status === 404 ? 'not-found' : 'network'
  throw new InklingError(code, `cannot fetch ${address}: the server says ${response.status}`)
}
