// Code that uses the public API: what must compile, and what must not. Only compiled, never run.
import {
  createSearch,
  type Hit,
  InklingError,
  type InklingErrorCode,
  type QueryResult,
  type SavedFile,
  type Search,
} from 'inkling-search'
import { type BuildProgress, type BuiltIndex, buildIndex, zipFiles } from 'inkling-search/build'
import { Encoder, similarity } from 'inkling-search/encoder'

interface Session {
  track: string
  speakers: string[]
}

/** Fails to compile unless both types are the same. */
function same<A, B>(
  ..._proof: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? [] : [never]
): void {}

export async function search(signal: AbortSignal): Promise<void> {
  const search = await createSearch<Session>({
    url: '/search/',
    onProgress: ({ stage, loaded, total }) => `${stage} ${loaded / total}`,
    signal,
  })
  same<typeof search, Search<Session>>()
  const result = await search.query('data', {
    limit: 3,
    mode: 'hybrid',
    filters: { track: ['Health'] },
    facets: ['track'],
    signal,
  })
  same<typeof result, QueryResult<Session>>()
  const [hit] = result.hits
  same<NonNullable<typeof hit>, Hit<Session>>()
  same<NonNullable<typeof hit>['fields']['speakers'], string[]>()
  await search.add([{ id: 'a', title: 'A', fields: { track: 'Health', speakers: [] } }])
  const files: SavedFile[] = await search.save()
  await createSearch({ files: new Map(files.map(({ path, bytes }) => [path, bytes])) })
  const untyped = await createSearch({ url: new URL('https://example.org/search/') })
  same<typeof untyped, Search<Record<string, unknown>>>()

  // @ts-expect-error files come as a map
  await createSearch({ files })
  // @ts-expect-error a mode that does not exist
  await search.query('data', { mode: 'vector' })
  // @ts-expect-error values of a filter are a list
  await search.query('data', { filters: { track: 'Health' } })
  // @ts-expect-error a document has a title
  await search.add([{ id: 'a' }])
  // @ts-expect-error a field of the hits that was not announced
  void result.hits[0]?.fields.room
  // @ts-expect-error made by createSearch alone
  search.info = result
}

export async function encode(): Promise<number> {
  const encoder = await Encoder.load({ url: '/search/model/' })
  const [vector] = await encoder.encode(['a text'])
  same<typeof vector, Float32Array | undefined>()
  // @ts-expect-error texts come as a list
  await encoder.encode('a text')
  // @ts-expect-error made by Encoder.load alone
  new Encoder()
  return vector ? similarity.cosine(vector, [1, 2]) : 0
}

export async function build(file: File): Promise<Blob> {
  const onProgress = ({ stage, done, total }: BuildProgress) => `${stage} ${done} of ${total}`
  const built = await buildIndex(file, { model: '/search/model/', onProgress })
  same<typeof built, BuiltIndex>()
  await buildIndex('title\nA', { model: new Map<string, Uint8Array>(), format: 'csv' })
  await buildIndex([{ id: 'a', title: 'A', fields: { day: 1 } }], { model: new URL('https://example.org/model/') })
  // @ts-expect-error an index is made with a model
  await buildIndex(file, {})
  // @ts-expect-error a format that is not read
  await buildIndex(file, { model: '/model/', format: 'yaml' })
  return zipFiles(built.files)
}

export function code(error: InklingError): InklingErrorCode {
  // @ts-expect-error a code that does not exist
  if (error.code === 'oops') return error.code
  // @ts-expect-error codes do not change
  error.code = 'io'
  return error.code
}
