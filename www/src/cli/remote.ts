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
    const [, option, inline] = /^(--(?:query-)?model)=(https?:\/\/.*)$/.exec(arg) ?? []
    if (inline) changed[at] = `${option}=${await fetched(inline)}`
    else if (/^--(query-)?model$/.test(args[at - 1] ?? '') && /^https?:\/\//.test(arg)) changed[at] = await fetched(arg)
  }
  return changed
}

/** The file of a model as `config.json` promises it. */
interface Digest {
  bytes: number
  sha256: string
}

/** Fetches a model into the cache and gives its folder; one that is there already is not fetched again. */
async function fetched(address: string): Promise<string> {
  const base = address.endsWith('/') ? address : `${address}/`
  const config = await get(`${base}config.json`)
  const hash = sha256(config)
  const folder = path.join(cache(), 'sites', hash)
  if (fs.existsSync(path.join(folder, 'config.json'))) return folder
  const promised = parsed(config, base)
  fs.mkdirSync(folder, { recursive: true })
  for (const [name, digest] of Object.entries({
    'tokenizer.json': promised.tokenizer,
    'weights.safetensors': promised.weights,
  })) {
    const bytes = await get(base + name)
    if (sha256(bytes) !== digest.sha256)
      throw new InklingError(
        'hash-mismatch',
        `${base}${name} is not the file that config.json promises: ask the site's owner`,
      )
    fs.writeFileSync(path.join(folder, name), bytes, { flush: true })
  }
  // Last: with it the folder is a model.
  fs.writeFileSync(path.join(folder, 'config.json'), config, { flush: true })
  return folder
}

function parsed(config: Uint8Array, base: string): { tokenizer: Digest; weights: Digest } {
  try {
    const { tokenizer, weights } = JSON.parse(Buffer.from(config).toString('utf8')) as Record<string, Digest>
    if (typeof tokenizer?.sha256 === 'string' && typeof weights?.sha256 === 'string') return { tokenizer, weights }
  } catch {
    // Said below.
  }
  throw new InklingError(
    'damaged-file',
    `${base}config.json is not that of a model: give the address of the folder model/ of an index`,
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
