import assert from 'node:assert/strict'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import test, { after, before } from 'node:test'
import { serve } from '../../scripts/serve.mjs'

let base: string
let server: Awaited<ReturnType<typeof serve>>

before(async () => {
  base = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-serve-'))
  fs.mkdirSync(path.join(base, 'site', 'deep'), { recursive: true })
  fs.writeFileSync(path.join(base, 'secret.txt'), 'secret')
  fs.writeFileSync(path.join(base, 'site', 'index.html'), '<!doctype html>')
  fs.writeFileSync(path.join(base, 'site', 'x.wasm'), 'wasm')
  fs.writeFileSync(path.join(base, 'site', 'deep', 'w.safetensors'), 'weights')
  fs.symlinkSync(path.join(base, 'secret.txt'), path.join(base, 'site', 'link.txt'))
  server = await serve(path.join(base, 'site'))
})

after(async () => {
  await server.close()
  fs.rmSync(base, { recursive: true })
})

/** Asks for a path as it stands: `fetch` would tidy it up first. */
function get(
  raw: string,
  headers: http.OutgoingHttpHeaders = {},
  method = 'GET',
): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { port: server.port, host: 'localhost', path: raw, headers, method, agent: false },
      (response) => {
        let body = ''
        response.on('data', (chunk) => (body += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
      },
    )
    request.on('error', reject).end()
  })
}

test('files are served with their media types and a strict content security policy', async () => {
  const index = await get('/')
  assert.equal(index.status, 200)
  assert.match(index.headers['content-type'] ?? '', /^text\/html/)
  assert.equal(index.headers['content-security-policy'], "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'")
  assert.equal((await get('/x.wasm')).headers['content-type'], 'application/wasm')
  assert.equal((await get('/deep/w.safetensors')).headers['content-type'], 'application/octet-stream')
})

test('a compressed twin goes to whoever takes it, unless the file is newer', async () => {
  const file = path.join(base, 'site', 'style.css')
  fs.writeFileSync(file, 'body {}')
  fs.writeFileSync(`${file}.br`, 'small')
  fs.writeFileSync(`${file}.gz`, 'smaller')
  const ask = async (accepted: string) => {
    const { body, headers } = await get('/style.css', { 'Accept-Encoding': accepted })
    assert.equal(headers.vary, 'Accept-Encoding')
    assert.match(headers['content-type'] ?? '', /^text\/css/)
    return `${body} ${headers['content-encoding'] ?? ''}`
  }
  assert.equal(await ask('gzip, deflate, br'), 'small br')
  assert.equal(await ask('gzip'), 'smaller gzip')
  assert.equal(await ask('identity'), 'body {} ')
  fs.utimesSync(file, new Date(), new Date(Date.now() + 60_000))
  assert.equal(await ask('gzip, deflate, br'), 'body {} ')
})

test('an unchanged file is not sent again', async () => {
  const first = await get('/x.wasm')
  const again = await get('/x.wasm', { 'If-None-Match': first.headers.etag })
  assert.equal(again.status, 304)
  assert.equal(again.body, '')
})

test('nothing outside the folder is served', async () => {
  for (const raw of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/deep/../../secret.txt',
    '/link.txt',
    '//etc/passwd',
    '/%00',
    '/%',
    '/deep',
    '/missing',
  ]) {
    const { status, body } = await get(raw)
    assert.equal(status, 404, raw)
    assert.doesNotMatch(body, /secret|root:/)
  }
})

test('an address that is no address does not end the server', async () => {
  for (const raw of ['http://', '//', '/a b'.replace(' ', '%20%'), '*']) await get(raw)
  assert.equal((await get('/')).status, 200)
})

test('methods that change things are refused', async () => {
  assert.equal((await get('/', {}, 'POST')).status, 405)
})

test('a busy port is said in one line', async () => {
  await assert.rejects(serve(base, { port: server.port }), {
    message: `port ${server.port} is in use: stop what uses it, or choose another: PORT=${server.port + 1}`,
  })
})

test('a request is answered when what it was announced to has ended, and a path may have an answer of its own', async () => {
  const file = path.join(base, 'site', 'late.txt')
  const own = await serve(path.join(base, 'site'), {
    onRequest: async (pathname) => {
      if (pathname !== '/late.txt') return
      await new Promise((resolve) => setTimeout(resolve, 20))
      fs.writeFileSync(file, 'late')
    },
    routes: { '/own': (response) => void response.end('own') },
  })
  const text = async (pathname: string) => (await fetch(`${own.url}${pathname}`)).text()
  assert.deepEqual([await text('/own'), await text('/late.txt')], ['own', 'late'])
  await own.close()
})
