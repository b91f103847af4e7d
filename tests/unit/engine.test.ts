import assert from 'node:assert/strict'
import test from 'node:test'
import { Engine } from '../../www/src/element/engine.js'
import { InklingError } from '../../www/src/errors.js'
import type { Search } from '../../www/src/search.js'
import type { QueryResult } from '../../www/src/types.js'

/** A search that answers in a task of its own, and only the question that was asked last, as a real one does. */
function searchOf(asked: string[]): Search {
  let cancel = () => {}
  const query = (text: string) => {
    asked.push(text)
    cancel()
    return new Promise<QueryResult>((resolve, reject) => {
      cancel = () => reject(new InklingError('cancelled', 'another question was asked'))
      setTimeout(() => resolve({ hits: [], found: text.length } as unknown as QueryResult), 5)
    })
  }
  return { query, modelReady: new Promise(() => {}), waitingBytes: undefined, dispose() {} } as unknown as Search
}

test('several boxes that ask one search at once are all answered', async () => {
  const asked: string[] = []
  const search = searchOf(asked)
  const engine = new Engine('/search/', 'auto', async () => search)
  const { signal } = new AbortController()
  const texts = ['one', 'three', 'eleven', 'thousand']
  const answers = await Promise.all(texts.map((text) => engine.query(text, {}, signal)))
  assert.deepEqual(
    answers.map(({ found }) => found),
    texts.map((text) => text.length),
  )
  assert.deepEqual(asked, texts)
})

test('a question that is no longer wanted is not asked, and holds nobody up', async () => {
  const asked: string[] = []
  const search = searchOf(asked)
  const engine = new Engine('/search/', 'auto', async () => search)
  const [wanted, not] = [new AbortController(), new AbortController()]
  const answers = [engine.query('a', {}, wanted.signal), engine.query('b', {}, not.signal)]
  const last = engine.query('c', {}, wanted.signal)
  not.abort()
  assert.equal((await answers[0])?.found, 1)
  await assert.rejects(answers[1] as Promise<QueryResult>)
  assert.equal((await last).found, 1)
  assert.deepEqual(asked, ['a', 'c'])
})

test('where the page asks the same search itself, a box asks again', async () => {
  const asked: string[] = []
  const search = searchOf(asked)
  const engine = new Engine('/search/', 'auto', async () => search)
  const answer = engine.query('box', {}, new AbortController().signal)
  await engine.load()
  await new Promise((resolve) => setTimeout(resolve))
  await search.query('page').catch(() => {})
  assert.equal((await answer).found, 3)
})

test('a question that is asked while the search is opened anew is answered by the new one', async () => {
  const asked: string[] = []
  const opened: Search[] = []
  const engine = new Engine('/search/', 'auto', async () => {
    const search = searchOf(asked)
    opened.push(search)
    return search
  })
  const answer = engine.query('stop', {}, new AbortController().signal)
  await engine.load()
  await new Promise((resolve) => setTimeout(resolve))
  engine.stopMeaning()
  // What a search that is disposed of does with its questions.
  await opened[0]?.query('').catch(() => {})
  assert.equal((await answer).found, 4)
  assert.equal(opened.length, 2)
  assert.deepEqual(asked, ['stop', '', 'stop'])
})

test('a question to a search that is gone for good is not asked again', async () => {
  const asked: string[] = []
  const search = searchOf(asked)
  const engine = new Engine('/search/', 'auto', async () => search)
  const answer = engine.query('gone', {}, new AbortController().signal)
  await engine.load()
  await new Promise((resolve) => setTimeout(resolve))
  engine.dispose()
  void search.query('').catch(() => {})
  await assert.rejects(answer, { code: 'cancelled' })
})
