import assert from 'node:assert/strict'
import { mock, test as nodeTest, type TestContext } from 'node:test'
import type { Meaning, Said, Source } from '../../www/src/element/engine.js'
import { Session, type Settings } from '../../www/src/element/session.js'
import { InklingError } from '../../www/src/errors.js'
import type { FacetCount, Hit, Mode, QueryOptions, QueryResult } from '../../www/src/types.js'

/** A search whose answers come when the test says so. */
class Search implements Source {
  opened = true
  meaning: Meaning = 'ready'
  readonly asked: { text: string; options: QueryOptions; signal: AbortSignal }[] = []
  readonly counted: string[][] = []
  #pending: { resolve(answer: QueryResult): void; reject(error: InklingError): void }[] = []

  query(text: string, options: QueryOptions, signal: AbortSignal): Promise<QueryResult> {
    this.asked.push({ text, options, signal })
    return new Promise((resolve, reject) => this.#pending.push({ resolve, reject }))
  }

  async foreign(text: string): Promise<Said | undefined> {
    return text.startsWith('Wie ') ? { text: 'Fragen Sie auf Englisch.', language: 'de' } : undefined
  }

  async similar(id: string, limit: number): Promise<Hit[]> {
    return [hit(`like ${id}`), hit('another')].slice(0, limit)
  }

  async values(fields: readonly string[]): Promise<Record<string, FacetCount[]>> {
    this.counted.push([...fields])
    return Object.fromEntries(fields.map((field) => [field, [{ value: 'x', count: 1 }]]))
  }

  /** Answers what was asked last, by documents of these ids. */
  async answer(ids: string[], mode: Mode = 'hybrid'): Promise<void> {
    await settled()
    this.#pending.at(-1)?.resolve({ hits: ids.map(hit), found: ids.length, mode, facets: {} } as never)
    await settled()
  }

  async fail(code: 'network' | 'cancelled'): Promise<void> {
    await settled()
    this.#pending.at(-1)?.reject(new InklingError(code, 'it failed'))
    await settled()
  }
}

const hit = (id: string) => ({ id }) as Hit
const settled = () => new Promise(setImmediate)

interface Setup {
  search: Search
  session: Session
  answered: string[]
  failed: string[]
  shown: () => string[] | undefined
}

/** Runs a test whose clock stands still until it is moved. */
function test(name: string, body: (setup: Setup) => Promise<void>, settings: Partial<Settings> = {}): void {
  nodeTest(name, async (_: TestContext) => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 })
    try {
      const search = new Search()
      const [answered, failed]: string[][] = [[], []]
      const all = { limit: 3, filters: [], sort: undefined, ...settings }
      const session: Session = new Session(search, () => all, {
        changed: () => {},
        answered: ({ question }) => answered!.push(question.text),
        failed: ({ code }) => failed!.push(code),
      })
      const shown = () => session.state.shown?.result.hits.map(({ id }) => id)
      await body({ search, session, answered: answered!, failed: failed!, shown })
    } finally {
      mock.timers.reset()
    }
  })
}

test('what is typed is taken in at once, and asked when the typing pauses', async ({ search, session }) => {
  search.meaning = 'ready'
  session.type('hea')
  session.type('health')
  assert.equal(session.state.question.text, 'health')
  assert.equal(search.asked.length, 0)
  mock.timers.tick(90)
  assert.equal(session.state.phase, 'asking')
  await search.answer(['a'])
  assert.deepEqual(
    search.asked.map(({ text }) => text),
    ['health'],
  )
  assert.equal(session.state.phase, 'answered')
})

test('while keywords alone rank there is no pause, and a search that is not open yet is being opened', async ({
  search,
  session,
}) => {
  Object.assign(search, { meaning: 'loading', opened: false })
  session.type('health')
  mock.timers.tick(0)
  assert.equal(session.state.phase, 'opening')
})

test('an answer that a later question has overtaken is never shown', async ({ search, session, shown, answered }) => {
  session.ask({ text: 'one' })
  await settled()
  const [first] = search.asked
  session.ask({ text: 'two' })
  assert.equal(first?.signal.aborted, true)
  await search.answer(['b'])
  assert.deepEqual(shown(), ['b'])
  assert.deepEqual(answered, ['two'])
})

test('the answer before stays in sight until the next one is there', async ({ search, session, shown }) => {
  session.ask({ text: 'one' })
  await search.answer(['a'])
  session.ask({ text: 'two' })
  assert.equal(session.state.phase, 'asking')
  assert.deepEqual(shown(), ['a'])
  await search.answer(['b'])
  assert.deepEqual(shown(), ['b'])
})

test('an emptied box shows nothing, and a cancelled question is never answered', async ({ search, session, shown }) => {
  session.ask({ text: 'one' })
  await search.answer(['a'])
  session.ask({ text: ' ' })
  assert.equal(session.state.phase, 'idle')
  assert.equal(shown(), undefined)
  session.ask({ text: 'two' })
  session.cancel()
  assert.equal(session.state.phase, 'idle')
  await search.answer(['b'])
  assert.equal(shown(), undefined)
})

test('an answer by keywords that has just come is replaced when meaning is there', async ({
  search,
  session,
  shown,
}) => {
  search.meaning = 'loading'
  session.ask({ text: 'one' })
  await search.answer(['a'], 'lexical')
  search.meaning = 'ready'
  mock.timers.tick(900)
  session.refresh()
  await search.answer(['b'])
  assert.deepEqual(shown(), ['b'])
  assert.equal(session.state.better, false)
})

test('an answer that is being read stays until the reader wants the better one, which is there at once', async ({
  search,
  session,
  shown,
  answered,
}) => {
  search.meaning = 'loading'
  session.ask({ text: 'one' })
  await search.answer(['a'], 'lexical')
  search.meaning = 'ready'
  mock.timers.tick(1000)
  session.refresh()
  await search.answer(['b'])
  assert.deepEqual(shown(), ['a'])
  assert.equal(session.state.better, true)
  session.refresh()
  assert.equal(search.asked.length, 2, 'it is asked for once')
  session.showBetter()
  assert.deepEqual(shown(), ['b'])
  assert.equal(session.state.better, false)
  assert.equal(search.asked.length, 2)
  assert.deepEqual(answered, ['one', 'one'])
})

test('whoever has marked a hit is reading, however short the time', async ({ search, session, shown }) => {
  search.meaning = 'loading'
  session.ask({ text: 'one' })
  await search.answer(['a'], 'lexical')
  session.read()
  search.meaning = 'ready'
  session.refresh()
  await search.answer(['b'])
  assert.deepEqual(shown(), ['a'])
  assert.equal(session.state.better, true)
})

test('a better answer that is the same asks nothing of the reader, and one to no hits comes by itself', async ({
  search,
  session,
  shown,
}) => {
  search.meaning = 'loading'
  session.ask({ text: 'one' })
  await search.answer(['a'], 'lexical')
  search.meaning = 'ready'
  mock.timers.tick(5000)
  session.refresh()
  await search.answer(['a'])
  assert.equal(session.state.better, false)
  assert.equal(session.state.shown?.result.mode, 'hybrid')
  search.meaning = 'loading'
  session.ask({ text: 'two' })
  await search.answer([], 'lexical')
  search.meaning = 'ready'
  mock.timers.tick(5000)
  session.refresh()
  await search.answer(['b'])
  assert.deepEqual(shown(), ['b'])
})

test('another question drops a better answer that was waiting', async ({ search, session, shown }) => {
  search.meaning = 'loading'
  session.ask({ text: 'one' })
  await search.answer(['a'], 'lexical')
  search.meaning = 'ready'
  mock.timers.tick(5000)
  session.refresh()
  await search.answer(['b'])
  session.ask({ text: 'two' })
  await search.answer(['c'])
  assert.equal(session.state.better, false)
  session.showBetter()
  assert.deepEqual(shown(), ['c'])
})

test('values are chosen and dropped, and a new choice or text begins with the first hits', async ({
  search,
  session,
}) => {
  session.ask({ text: 'one' })
  await search.answer(['a'])
  session.more()
  await search.answer(['a', 'b'])
  assert.equal(search.asked.at(-1)?.options.limit, 23)
  session.toggle('day', 'Monday')
  session.toggle('day', 'Tuesday')
  await search.answer(['a'])
  assert.deepEqual(search.asked.at(-1)?.options.filters, { day: ['Monday', 'Tuesday'] })
  assert.equal(search.asked.at(-1)?.options.limit, 3)
  session.toggle('day', 'Monday')
  session.toggle('day', 'Tuesday')
  assert.deepEqual(session.state.question.filters, {})
})

test('the nearest are asked for once: the next question wants what is close', async ({ search, session }) => {
  session.ask({ text: 'one' })
  await search.answer([])
  session.ask({ minScore: 0 })
  await search.answer(['a'])
  assert.equal(search.asked.at(-1)?.options.minScore, 0)
  session.ask({ text: 'two' })
  await search.answer(['b'])
  assert.equal(search.asked.at(-1)?.options.minScore, 'auto')
})

test(
  'the values to filter by are those of the whole index',
  async ({ search, session }) => {
    session.ask({ text: 'one' })
    await search.answer(['a'])
    assert.deepEqual(search.counted, [['day']])
    assert.deepEqual(session.state.values, { day: [{ value: 'x', count: 1 }] })
    assert.deepEqual(search.asked[0]?.options.facets, ['day'])
  },
  { filters: ['day'] },
)

test(
  'what is typed while the values are still being counted is not lost',
  async ({ search, session, shown }) => {
    let counted = (_: Record<string, FacetCount[]>) => {}
    search.values = () => new Promise((resolve) => (counted = resolve))
    session.ask({ text: 'one' })
    session.type('two')
    counted({ day: [] })
    await settled()
    assert.equal(session.state.question.text, 'two')
    mock.timers.tick(90)
    counted({ day: [] })
    await search.answer(['b'])
    assert.deepEqual(shown(), ['b'])
    assert.equal(search.asked.at(-1)?.text, 'two')
  },
  { filters: ['day'] },
)

test(
  'with an order everything is listed in it while nothing is asked',
  async ({ search, session, shown }) => {
    session.ask({ text: '' })
    await search.answer(['a', 'b'])
    assert.deepEqual(shown(), ['a', 'b'])
    assert.equal(search.asked[0]?.options.sort, 'start')
    session.ask({ text: 'one' })
    await search.answer(['a'])
    assert.equal(search.asked[1]?.options.sort, undefined)
  },
  { sort: 'start' },
)

test('what is to be said to a question in another language comes with an answer of nothing, or of the nearest, and no other', async ({
  search,
  session,
}) => {
  const foreign = async (change: Parameters<Session['ask']>[0], ids: string[]) => {
    session.ask(change)
    await search.answer(ids)
    return session.state.shown?.foreign?.language
  }
  assert.equal(await foreign({ text: 'Wie geht es?' }, []), 'de')
  assert.equal(await foreign({ minScore: 0 }, ['far']), 'de')
  assert.equal(await foreign({ text: 'Wie baue ich einen Compiler?' }, ['compiler']), undefined)
  assert.equal(await foreign({ text: 'how is it?' }, []), undefined)
})

test('a failure is shown with its error and told; the next question tries again', async ({
  search,
  session,
  shown,
  failed,
}) => {
  session.ask({ text: 'one' })
  await search.fail('network')
  assert.equal(session.state.phase, 'failed')
  assert.equal(session.state.failure?.code, 'network')
  assert.deepEqual(failed, ['network'])
  session.ask({ text: 'two' })
  await search.answer(['a'])
  assert.equal(session.state.phase, 'answered')
  assert.deepEqual(shown(), ['a'])
})

test('a text that is read in place has those like it beside it, and the answer waits behind it', async ({
  search,
  session,
  shown,
}) => {
  session.ask({ text: 'one' })
  await search.answer(['a'])
  await session.open(hit('a'))
  assert.deepEqual(
    session.state.reading?.similar.map(({ id }) => id),
    ['like a', 'another'],
  )
  session.back()
  assert.equal(session.state.reading, undefined)
  assert.deepEqual(shown(), ['a'])
  await session.open(hit('a'))
  session.type('two')
  assert.equal(session.state.reading, undefined)
})

test('a text that was just opened stays when meaning arrives', async ({ search, session, shown }) => {
  search.meaning = 'loading'
  session.ask({ text: 'health' })
  await search.answer(['a', 'b'], 'lexical')
  const [a] = session.state.shown!.result.hits
  void session.open(a!)
  await settled()
  search.meaning = 'ready'
  session.refresh()
  await search.answer(['b', 'a'])
  assert.equal(session.state.reading?.hit.id, 'a')
  assert.equal(session.state.better, true)
  assert.deepEqual(shown(), ['a', 'b'])
})
