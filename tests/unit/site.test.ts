import assert from 'node:assert/strict'
import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { boxOf, headOf, searchFolder, serveSearch } from '../../www/src/cli/site.js'

/** Asks a development server, whose project holds these files of a search, for addresses as they are written. */
async function answers(base: string, files: Record<string, string>, addresses: string[]): Promise<string[]> {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-site-'))
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(searchFolder(root), name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, text)
  }
  const serveFiles = serveSearch({ base, root })
  const server = http.createServer((request, response) => serveFiles(request, response, () => response.end('next')))
  await new Promise<void>((resolve) => void server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  const ask = (address: string) =>
    new Promise<string>((resolve, reject) => {
      const request = http.get({ port, path: address }, (response) => {
        let body = ''
        response.on('data', (chunk) => (body += chunk))
        response.on('end', () => resolve(`${response.statusCode} ${response.headers['content-type'] ?? ''} ${body}`))
      })
      request.on('error', reject)
    })
  try {
    return await Promise.all(addresses.map(ask))
  } finally {
    server.close()
    fs.rmSync(root, { recursive: true })
  }
}

test('a development server answers below the search out of the last build, and hands all else on', async () => {
  const files = { 'manifest.json': '{}', 'page/element.css': 'a', '../secret.json': 'secret' }
  const addresses = [
    'manifest.json?v=1',
    'page/element.css',
    'docs/000.json',
    '../secret.json',
    '%2e%2e/secret.json',
    '%E0%A4%A',
  ]
  const found = await answers('/docs', files, [
    ...addresses.map((name) => `/docs/search/${name}`),
    '/search/manifest.json',
  ])
  assert.equal(found[0], '200 application/json; charset=utf-8 {}')
  assert.equal(found[1], '200 text/css; charset=utf-8 a')
  for (const missing of [2, 4, 5]) assert.match(found[missing] ?? '', /^404 .*build the site once/)
  assert.ok(!found.some((answer) => answer.includes('secret') && answer.startsWith('200')))
  assert.equal(found[6], '200  next')
})

test('a box names the folders of languages where a site has several', () => {
  assert.deepEqual(boxOf('/docs', ['en-GB', 'en-US']), { src: '/docs/search/', modal: '' })
  assert.deepEqual(boxOf('/', ['en', 'pt-BR']), { src: '/search/', modal: '', languages: 'en pt' })
  assert.equal(headOf('/docs/')[1]?.attributes.src, '/docs/search/page/element-define.js')
})
