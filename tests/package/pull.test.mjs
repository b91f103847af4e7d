// `npx inkling-search model pull` where there is no native command line: the same files as natively, from a folder and from a hub.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import test, { after } from 'node:test'
import { at } from '../../scripts/lib.mjs'
import { command, done, hashes, npxInkling, project } from './project.mjs'

const native = at('target', 'release', 'inkling')
const published = at('tests', 'data', 'tiny-model')
const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const root = await project()

/** What the hub was asked for, in order: the path and the range. @type {string[]} */
let asked = []
/** How many bytes of the weights the hub sends before it hangs up, the next times. @type {number[]} */
let cuts = []

const server = http.createServer((request, response) => {
  const url = request.url ?? ''
  const range = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  asked.push(`${url}${range > 0 ? ` from ${range}` : ''}`)
  const [, name = ''] = /^\/org\/tiny\/resolve\/[^/]+\/(.+)$/.exec(url) ?? []
  const file = path.join(published, url === '/elsewhere' ? 'model.safetensors' : name)
  if (!(name || url === '/elsewhere') || !fs.existsSync(file)) {
    response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end()
    return
  }
  const bytes = fs.readFileSync(file)
  const isLarge = name === 'model.safetensors'
  const hash = isLarge
    ? createHash('sha256').update(bytes)
    : createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes)
  const known = { etag: `"${hash.digest('hex')}"`, 'x-repo-commit': COMMIT }
  if (isLarge) {
    const linked = { 'x-linked-etag': known.etag, 'x-linked-size': String(bytes.length) }
    response.writeHead(302, { ...known, ...linked, location: '/elsewhere' }).end()
    return
  }
  const rest = bytes.subarray(range)
  const ranged = { 'content-range': `bytes ${range}-${bytes.length - 1}/${bytes.length}` }
  // Elsewhere nothing is known of commits and hashes.
  const about = name ? known : {}
  response.writeHead(range ? 206 : 200, { ...about, 'content-length': rest.length, ...(range && ranged) })
  const cut = url === '/elsewhere' ? cuts.shift() : undefined
  if (cut === undefined) response.end(rest)
  else response.write(rest.subarray(0, cut), () => response.destroy())
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
after(() => server.close())
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())

/** The environment of a pull from the hub above into a cache of its own. @param {string} name */
const environment = (name) => ({
  path: path.dirname(process.execPath),
  variables: { HF_ENDPOINT: `http://127.0.0.1:${port}`, HF_TOKEN: 'secret', XDG_CACHE_HOME: path.join(root, name) },
})
const cli = path.join(root, 'node_modules', 'inkling-search', 'dist', 'cli.js')
/** @param {string} cache @param {string[]} args */
const byWasm = (cache, args) =>
  command(root, process.execPath, [cli, '--wasm', 'model', 'pull', ...args], environment(cache))

test('a model of a folder is packed by WebAssembly to the bytes that the native command line packs', async () => {
  for (const size of ['small', 'balanced', 'exact']) {
    const args = ['model', 'pull', `dir:${published}`, '--size', size]
    const said = await npxInkling(root, [...args, '--out', 'by-wasm'])
    assert.match(said, /^tiny-model from dir:tiny-model\n/)
    await done(root, native, [...args, '--out', 'natively'])
    const made = hashes(path.join(root, 'by-wasm'))
    assert.deepEqual(Object.keys(made), ['config.json', 'tokenizer.txt', 'weights.safetensors'])
    assert.deepEqual(made, hashes(path.join(root, 'natively')))
  }
})

test('an XLM-R, too, is packed to the same bytes', async () => {
  const args = ['model', 'pull', `dir:${at('tests', 'data', 'tiny-xlm-r')}`]
  await npxInkling(root, [...args, '--out', 'xlm-r-by-wasm'])
  await done(root, native, [...args, '--out', 'xlm-r-natively'])
  assert.deepEqual(hashes(path.join(root, 'xlm-r-by-wasm')), hashes(path.join(root, 'xlm-r-natively')))
})

test('a model of a hub is fetched at one commit, checked, packed to the same bytes, and kept for the next time', async () => {
  const first = await byWasm('one', ['hf:org/tiny', '--out', 'from-hub'])
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, new RegExp(`^org/tiny from hf:org/tiny@${COMMIT}\n`))
  assert.ok(
    asked.length > 4 && asked.slice(1).every((url) => url === '/elsewhere' || url.includes(COMMIT)),
    asked.join('\n'),
  )
  const env = environment('two')
  await done(root, native, ['model', 'pull', 'hf:org/tiny', '--out', 'from-hub-natively'], env)
  assert.deepEqual(hashes(path.join(root, 'from-hub')), hashes(path.join(root, 'from-hub-natively')))
  asked = []
  const second = await byWasm('one', [`hf:org/tiny@${COMMIT}`, '--out', 'again'])
  assert.equal(second.code, 0, second.stderr)
  // What the first pull kept is for the branch: files are asked for, and none is sent again.
  assert.ok(!asked.some((url) => url === '/elsewhere'), asked.join('\n'))
})

test('a download that breaks off goes on where it stopped', async () => {
  asked = []
  cuts = [40_000]
  const { code, stderr } = await byWasm('three', ['hf:org/tiny', '--out', 'resumed'])
  assert.equal(code, 0, stderr)
  assert.match(stderr, /model\.safetensors: .*the connection ended.*trying again/)
  assert.ok(
    asked.some((url) => /^\/elsewhere from [1-9]\d*$/.test(url)),
    asked.join('\n'),
  )
  assert.deepEqual(hashes(path.join(root, 'resumed')), hashes(path.join(root, 'from-hub')))
})

test('a model that is not there is an error at once, and so is a hub that nobody answers for', async () => {
  const missing = await byWasm('four', ['hf:org/none', '--out', 'none'])
  assert.equal(missing.code, 1)
  assert.match(missing.stderr, /org\/none.*\[not-found\]/)
  const silent = { ...environment('five') }
  silent.variables.HF_ENDPOINT = 'http://127.0.0.1:9'
  const { code, stderr } = await command(
    root,
    process.execPath,
    [cli, '--wasm', 'model', 'pull', 'hf:org/tiny'],
    silent,
  )
  assert.equal(code, 1)
  assert.match(stderr, /does not answer.*\[network\]/)
  assert.ok(!fs.existsSync(path.join(root, 'none')) && !fs.existsSync(path.join(root, 'model')))
})

test('a model that was packed is verified, and one that was changed is not', async () => {
  assert.match(await npxInkling(root, ['model', 'verify', 'by-wasm']), /^tiny-model: whole, and runs/)
  const file = path.join(root, 'by-wasm', 'weights.safetensors')
  const bytes = fs.readFileSync(file)
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 9) ^ 1, bytes.length - 9)
  fs.writeFileSync(file, bytes)
  const { code, stderr } = await command(root, process.execPath, [cli, '--wasm', 'model', 'verify', 'by-wasm'])
  assert.equal(code, 1)
  assert.match(stderr, /\[hash-mismatch\]/)
  assert.match(await npxInkling(root, ['model', 'list']), /^sentence-transformers\/all-MiniLM-L6-v2 .*the default/)
})
