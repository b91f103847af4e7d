/**
 * In which language a question is asked: told from its letters or, among languages of the same ones, from the small words that hardly a
 * sentence does without. Fetched only for a question that nothing answers.
 */
import type { Said } from './engine.js'
import type { messagesOf } from './languages.js'
import type { Wording } from './messages.js'

/** Small words by language; those that are words of many languages are left out. */
const WORDS: Record<string, string> = {
  en: 'the of and to is how what why when where which who do does can should with my i are for about',
  de: 'der die das und ist sind wie was warum wann wo wer ich ein eine einen nicht mit für zu von kann soll mein meine',
  fr: 'le la les des et est sont comment quoi pourquoi quand où qui je un une pas avec pour du dans mon ma mes quel quelle',
  es: 'el la los las y es son cómo qué cuándo dónde quién por para un una con mi mis del cuál puedo hacer',
  it: 'il lo la gli le è sono come che cosa perché quando dove chi per un una con non mio mia del della quale posso',
  pt: 'o os as é são como que porque quando onde quem para um uma com não meu minha do da qual posso fazer',
  nl: 'de het een en zijn hoe wat waarom wanneer waar wie ik niet met voor van mijn welke kan moet',
  pl: 'jak co dlaczego kiedy gdzie kto nie się jest są z i w na do czy mój moja jaki która mogę',
  cs: 'jak co proč kdy kde kdo ne se je jsou s v na do jestli můj moje jaký která mohu pro',
}

/** What to say to a question in another language than `spoken`, in its own; undefined where it is not, or nobody can tell. */
export async function foreignTo(
  question: string,
  spoken: string,
  messagesIn: typeof messagesOf,
  Words: typeof Wording,
): Promise<Said | undefined> {
  const language = languageOf(question, spoken)
  if (language === undefined) return undefined
  const messages = await messagesIn(language)
  // Its file has not come.
  if (language !== 'en' && messages === (await messagesIn('en'))) return undefined
  const name = new Intl.DisplayNames(language, { type: 'language' }).of(spoken) ?? spoken
  return { text: new Words(messages, language).say('otherLanguage', { language: name }), language }
}

const sets = Object.entries(WORDS).map(([language, words]) => [language, new Set(words.split(' '))] as const)

/** The language of a question, where that can be told and is not `spoken`. */
export function languageOf(question: string, spoken: string): string | undefined {
  const language = ofLetters(question) ?? ofWords(question, spoken)
  // A few Chinese characters alone may be Japanese.
  return language === spoken || (language === 'zh' && spoken === 'ja') ? undefined : language
}

/** The language of letters that hardly any other has; those in the minority are names. */
function ofLetters(question: string): string | undefined {
  const letters = question.match(/\p{L}/gu)?.length ?? 0
  const has = (script: RegExp) => 2 * (question.match(script)?.length ?? 0) > letters
  if (has(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/gu))
    return /[\p{sc=Hiragana}\p{sc=Katakana}]/u.test(question) ? 'ja' : 'zh'
  if (has(/\p{sc=Hangul}/gu)) return 'ko'
  if (has(/\p{sc=Hebrew}/gu)) return 'he'
  if (has(/\p{sc=Arabic}/gu)) return 'ar'
  if (has(/\p{sc=Cyrillic}/gu)) return /[іїєґ]/i.test(question) ? 'uk' : 'ru'
  return undefined
}

/** The one language of which a question has most small words: two at least, or one that English could not have. */
function ofWords(question: string, spoken: string): string | undefined {
  const words = new Set(question.toLowerCase().match(/\p{L}+/gu))
  const weight = (own: Set<string>) =>
    [...words].filter((word) => own.has(word)).reduce((sum, word) => sum + (/[^a-z]/.test(word) ? 2 : 1), 0)
  const ranked = sets.map(([language, own]) => ({ language, found: weight(own) })).sort((a, b) => b.found - a.found)
  const [best, next] = ranked
  const ofSpoken = ranked.find(({ language }) => language === spoken)?.found ?? 0
  return best && best.found >= 2 && best.found > (next?.found ?? 0) && best.found > ofSpoken ? best.language : undefined
}
