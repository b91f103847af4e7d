/** A remote index asked from a page: the real encoder there, and a server that answers as Qdrant documents it. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import type * as Inkling from 'inkling-search'
import type * as Remote from 'inkling-search/remote'
import { at } from '../../scripts/lib.mjs'
import { POLICY } from '../../scripts/serve.mjs'
import { siteFolder } from '../../scripts/site.mjs'
import { expect, gradedQueries, type Package, test } from './site.js'

interface Point {
  id: string
  vector: number[]
  payload: { filters: string[] }
}

/** The points that `inkling export --to qdrant` writes for the demo. */
function exportedPoints(): Point[] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-remote-'))
  try {
    const options = ['--to', 'qdrant', '--out', path.join(folder, 'points'), '--name', 'talks']
    execFileSync(at('target', 'release', 'inkling'), ['export', path.join(siteFolder, 'search'), ...options])
    const lines = fs
      .readFileSync(path.join(folder, 'points', 'points.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
    return lines.flatMap((line) => (JSON.parse(line) as { points: Point[] }).points)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

/** Answers `POST /collections/talks/points/query` with the exact nearest points, to pages of any origin. */
async function serveQdrant(points: Point[]) {
  const bodies: string[] = []
  const server = http.createServer(
    (request, response) =>
      void (async () => {
        const headers = {
          'access-control-allow-origin': '*',
          'access-control-allow-headers': 'content-type',
          'content-type': 'application/json',
        }
        if (request.method === 'OPTIONS') return response.writeHead(204, headers).end()
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk as Buffer)
        const text = Buffer.concat(chunks).toString()
        bodies.push(text)
        if (request.url !== '/collections/talks/points/query') return response.writeHead(404, headers).end('{}')
        const { query, limit, filter } = JSON.parse(text) as {
          query: number[]
          limit: number
          filter?: { must: { match: { any: string[] } }[] }
        }
        const passes = ({ payload }: Point) =>
          (filter?.must ?? []).every(({ match }) => payload.filters.some((value) => match.any.includes(value)))
        const dot = (vector: number[]) => vector.reduce((sum, x, at) => sum + x * query[at]!, 0)
        const scored = points
          .filter(passes)
          .map(({ id, vector, payload }) => ({ id, version: 0, score: dot(vector), payload }))
        const nearest = scored.sort((a, b) => b.score - a.score).slice(0, limit)
        return response
          .writeHead(200, headers)
          .end(JSON.stringify({ result: { points: nearest }, status: 'ok', time: 0 }))
      })(),
  )
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const close = () => (server.closeAllConnections(), server.close())
  return { url: `http://localhost:${(server.address() as AddressInfo).port}`, bodies, close }
}

const pick = ({ id, title, url, fields, passage }: Inkling.Hit) => ({ id, title, url, fields, passage })

// The engine is on this machine, which browsers ask leave for.
test.use({ permissions: ['local-network-access'] })

test('a remote index finds what the local one finds by meaning, and never sees the text', async ({ page, site }) => {
  const engine = await serveQdrant(exportedPoints())
  try {
    // A site names the engine in its policy.
    const headers = { 'content-security-policy': `${POLICY}; connect-src 'self' ${engine.url}` }
    const body = '<!doctype html><html lang="en"><link rel="icon" href="favicon.svg"><title>blank</title>'
    await page.route('**/blank', (route) => route.fulfill({ body, headers, contentType: 'text/html' }))
    await page.goto(`${site.url}/blank`)
    const queries = gradedQueries.slice(0, 12).map(({ query }) => query)
    const seen = await page.evaluate(
      async ({ url, engine, queries }) => {
        const { createSearch }: Package = await import(`${url}/inkling/index.js`)
        const { createRemoteSearch, qdrant }: typeof Remote = await import(`${url}/inkling/remote.js`)
        const engineThere = qdrant({ url: engine, collection: 'talks' })
        const remote = await createRemoteSearch(engineThere, { url: `${url}/search/model/` })
        const remoteInfo = remote.info
        const local = await createSearch({ url: `${url}/search/` })
        await local.modelReady
        const both: { remote: Inkling.Hit[]; local: Inkling.Hit[] }[] = []
        for (const text of queries) {
          const filters: Record<string, string[]> = both.length % 3 === 2 ? { day: ['Tuesday'] } : {}
          both.push({
            remote: (await remote.query(text, { limit: 8, filters })).hits,
            local: (await local.query(text, { limit: 8, filters, mode: 'semantic' })).hits,
          })
        }
        const refused = await remote
          .query('x', { sort: 'day' } as never)
          .then(String, ({ code }: Inkling.InklingError) => code)
        remote.dispose()
        local.dispose()
        const after = await remote.query('x').then(String, ({ code }: Inkling.InklingError) => code)
        return { both, remoteInfo, refused, after }
      },
      { url: site.url, engine: engine.url, queries },
    )
    expect(seen.remoteInfo).toMatchObject({ dim: 384, backend: 'cpu' })
    for (const { remote, local } of seen.both) {
      expect(remote.length).toBeGreaterThan(0)
      // The local scan rounds the query's vector to eight bits, the engine does not: neighbours may change places.
      remote.forEach((hit, at) => {
        expect(Math.abs(hit.cosine - local[at]!.cosine)).toBeLessThan(0.01)
        expect(Math.abs(hit.score - local[at]!.score)).toBeLessThan(0.02)
      })
      const known = new Map(local.map((hit) => [hit.id, hit]))
      const shared = remote.filter(({ id }) => known.has(id))
      expect(shared.length).toBeGreaterThanOrEqual(local.length - 1)
      for (const { id, title, url, fields, passage } of shared)
        expect({ id, title, url, fields, passage }).toEqual(pick(known.get(id)!))
    }
    expect([seen.refused, seen.after]).toEqual(['invalid-input', 'cancelled'])
    for (const text of queries) expect(engine.bodies.join('')).not.toContain(text)
  } finally {
    engine.close()
  }
})
