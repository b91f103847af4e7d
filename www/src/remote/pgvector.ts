import { InklingError } from '../errors.js'
import { filterKey, type Remote, type RemoteHit } from './remote.js'

/** Options of {@link pgvector}. */
export interface PgvectorOptions {
  /**
   * Runs one statement with its parameters, `$1` and so on, and gives the rows as objects: `query` of node-postgres or of
   * PGlite, less its wrapping.
   *
   * It is for code that the database trusts: a server, or a database within the page. A server must never run SQL that a
   * browser has sent; there, let a {@link Remote} of yours send the vector, and call this one when it arrives.
   */
  query: (sql: string, parameters: (string | number)[]) => Promise<readonly Record<string, unknown>[]>
  /** The table that `inkling export --to pgvector` has made. Default `passages`. */
  table?: string
}

/**
 * A table of PostgreSQL with pgvector.
 *
 * Rows are ordered by their negative inner product with the query (`<#>`), for unit vectors the negative cosine. Without
 * an HNSW index that is exact.
 */
export function pgvector<Fields = Record<string, unknown>>({
  query,
  table = 'passages',
}: PgvectorOptions): Remote<Fields> {
  if (typeof query !== 'function')
    throw new InklingError('invalid-input', 'query is missing: give a function that runs SQL')
  const from = identifier(table)
  return {
    async search(vector, { limit, filters = {} }) {
      const parameters: (string | number)[] = [`[${vector.join(',')}]`, limit]
      const conditions = Object.entries(filters).map(([field, values]) => {
        const places = values.map((value) => `$${parameters.push(filterKey(field, value).replaceAll('\0', '\uFFFD'))}`)
        return `filters && ARRAY[${places.join(', ')}]::text[]`
      })
      const rows = await query(
        `SELECT document_id, title, url, text, "start", "end", fields, -(embedding <#> $1::vector) AS cosine FROM ${from}` +
          (conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '') +
          ' ORDER BY embedding <#> $1::vector LIMIT $2',
        parameters,
      )
      return rows.map((row) => hit<Fields>(row))
    },
  }
}

/** A name as an identifier of SQL, whatever it holds. */
function identifier(name: string): string {
  if (typeof name !== 'string' || name === '' || name.includes('\0'))
    throw new InklingError('invalid-input', 'table is missing: give its name')
  return `"${name.replaceAll('"', '""')}"`
}

/** Drivers differ in what they make of numbers and of JSON. */
function hit<Fields>(row: Record<string, unknown>): RemoteHit<Fields> {
  const fields = typeof row.fields === 'string' ? JSON.parse(row.fields) : row.fields
  return {
    id: String(row.document_id),
    cosine: Number(row.cosine),
    title: String(row.title),
    ...(typeof row.url === 'string' && { url: row.url }),
    fields: fields as Fields,
    passage: { text: String(row.text), start: Number(row.start), end: Number(row.end) },
  }
}
