import assert from 'node:assert/strict'
import fs from 'node:fs'
import test from 'node:test'
import { languageOf } from '../../www/src/element/foreign.js'
import { messagesOf } from '../../www/src/element/languages.js'

/** A question in each language that the element speaks. */
const QUESTIONS = {
  ar: 'كيف أحافظ على أفضل الموظفين؟',
  cs: 'Jak si udržím nejlepší lidi a proč odcházejí?',
  de: 'Wie baue ich einen schnellen Compiler?',
  en: 'how do I keep my best people from leaving?',
  es: '¿Cómo puedo mantener a mis mejores empleados?',
  fr: 'Comment garder mes meilleurs employés dans la société ?',
  he: 'איך שומרים על העובדים הטובים?',
  it: 'Come posso tenere le persone migliori?',
  ja: '優秀な社員を引き留めるには？',
  ko: '좋은 직원을 어떻게 붙잡을 수 있나요?',
  nl: 'Hoe houd ik mijn beste mensen vast?',
  pl: 'Jak zatrzymać najlepszych ludzi i dlaczego odchodzą?',
  pt: 'Como posso manter as minhas melhores pessoas?',
  ru: 'Как удержать лучших сотрудников?',
  uk: 'Як утримати найкращих працівників і чому вони йдуть?',
  zh: '如何留住优秀的员工？',
}

for (const [language, question] of Object.entries(QUESTIONS)) {
  test(`a question in ${language} is told from one in the language of the documents`, async () => {
    const spoken = language === 'en' ? 'de' : 'en'
    assert.equal(languageOf(question, spoken), language)
    assert.equal(languageOf(question, language), undefined)
    // What is told in it names the language of the documents.
    assert.match((await messagesOf(language)).otherLanguage, /\{language\}/)
  })
}

test('what may be in the language of the documents is not taken for another', () => {
  for (const question of [
    'die hard',
    'la la land',
    'xkjhgfd qwrtz',
    'déjà vu',
    'what does 禅 mean',
    'Müller',
    '',
    '???',
  ])
    assert.equal(languageOf(question, 'en'), undefined, question)
  assert.equal(languageOf('東京', 'ja'), undefined)
  assert.equal(languageOf('Wie viele Menschen leben in Paris', 'de'), undefined)
})

test('every graded question of the demo is taken for English', () => {
  const queries = JSON.parse(fs.readFileSync('www/demo/corpus/queries.json', 'utf8')) as { query: string }[]
  for (const { query } of queries) assert.equal(languageOf(query, 'en'), undefined, query)
})
