import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { en, messagesOf } from '../../www/src/element/languages.js'
import { type Counted, type Messages, Wording } from '../../www/src/element/messages.js'

const FOLDER = path.join('www', 'src', 'element', 'languages')
const languages = fs.readdirSync(FOLDER).map((file) => path.basename(file, '.ts'))

/** The names in braces of a sentence, and of one in several forms those of each. */
const holes = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort()

/** What a language calls the counts that can occur here: whole ones. */
function categories(language: string): Set<string> {
  const rules = new Intl.PluralRules(language)
  const counts = [...Array(1000).keys(), 1e4, 1e5]
  return new Set(counts.map((count) => rules.select(count)))
}

for (const language of languages) {
  test(`${language} says everything, with the same parts filled in as English has`, async () => {
    const messages = await messagesOf(language)
    if (language !== 'en') assert.notEqual(messages, en, 'it is among the languages that are fetched')
    for (const [name, english] of Object.entries(en) as [keyof Messages, unknown][]) {
      const own = messages[name] as unknown
      if (name === 'fields') continue
      if (typeof english === 'string') assert.deepEqual(holes(own as string), holes(english), name)
      else {
        const wanted = holes((english as Counted).other)
        assert.deepEqual(holes((own as Counted).other), wanted, name)
      }
    }
  })

  test(`${language} has a form for every count that can occur`, async () => {
    const messages = await messagesOf(language)
    for (const name of ['found', 'best', 'showAll'] as const) {
      const forms = Object.keys(messages[name])
      const missing = [...categories(language)].filter((category) => !forms.includes(category))
      // Of several results the best are shown: that is never one, and where all forms are alike one is enough.
      const alike = forms.length === 1
      if (!alike)
        assert.deepEqual(
          name === 'found' ? missing : missing.filter((one) => one !== 'one' && one !== 'zero'),
          [],
          name,
        )
    }
  })
}

test('a language that is not spoken is answered in English, and a region in its language', async () => {
  assert.equal(await messagesOf('tlh'), en)
  assert.equal((await messagesOf('de-AT')).close, 'Schließen')
})

test('dates, times and long numbers are written as the language writes them; years and texts stay', () => {
  const [english, german] = [new Wording(en, 'en-GB'), new Wording(en, 'de')]
  assert.equal(english.value('2025-02-01'), 'Sat, 1 Feb 2025')
  assert.equal(german.value('2025-02-01'), 'Sa., 1. Feb. 2025')
  assert.equal(english.value('2025-05-22T13:15'), 'Thu, 22 May 2025, 13:15')
  assert.equal(german.value('12500'), '12.500')
  for (const text of ['2025', 'R 2.14', '3', 'Monday', '2025-13-45', '10:30', ''])
    assert.equal(german.value(text), text)
})

test('what begins and ends on one day names the day once', () => {
  const english = new Wording(en, 'en-GB')
  const span = english.span('2025-05-22T15:15', '2025-05-22T15:30') ?? ''
  assert.match(span, /^Thu,? 22 May 2025,? 15:15\s?–\s?15:30$/)
  assert.equal(english.span('2025-05-22T15:15', 'Friday'), undefined)
  assert.equal(english.span('2025-05-22T15:15', '2025-05-22T15:00'), undefined)
})
