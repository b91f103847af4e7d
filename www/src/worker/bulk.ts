/** When texts are so many that what encodes them is worth a choice. */

/** So many texts, or of so many characters together, take the CPU about a third of a second or longer. */
const TEXTS = 16
const CHARACTERS = 10_000

/** Whether these texts are worth trying a GPU for. */
export function isBulk(texts: readonly string[]): boolean {
  return texts.length >= TEXTS || texts.join('').length >= CHARACTERS
}
