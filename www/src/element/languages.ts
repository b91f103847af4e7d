/** The languages that the element speaks. English is at hand; any other is a file of its own, fetched when somebody searches. */
import { messages as en } from './languages/en.js'
import type { Messages } from './messages.js'

const OTHERS: Record<string, () => Promise<{ messages: Messages }>> = {
  ar: () => import('./languages/ar.js'),
  cs: () => import('./languages/cs.js'),
  de: () => import('./languages/de.js'),
  es: () => import('./languages/es.js'),
  fr: () => import('./languages/fr.js'),
  he: () => import('./languages/he.js'),
  it: () => import('./languages/it.js'),
  ja: () => import('./languages/ja.js'),
  ko: () => import('./languages/ko.js'),
  nl: () => import('./languages/nl.js'),
  pl: () => import('./languages/pl.js'),
  pt: () => import('./languages/pt.js'),
  ru: () => import('./languages/ru.js'),
  uk: () => import('./languages/uk.js'),
  zh: () => import('./languages/zh.js'),
}

export { en }

/** Everything that the element says in a language, such as `de-AT`; English where that is not spoken, or does not come. */
export async function messagesOf(language: string): Promise<Messages> {
  const load = OTHERS[language.toLowerCase().split('-')[0] ?? '']
  const loaded = await load?.().catch(() => undefined)
  return loaded?.messages ?? en
}
