/**
 * What a page carries inside itself: blocks of text that the browser does not run. Large files are several blocks, so that the
 * page stays responsive while they are taken out. Taken blocks are removed, and the browser can forget their text.
 */

/** The blocks that a selector finds, one after the other with a pause after each. */
export async function* takeBlocks(selector: string): AsyncGenerator<{ name: string; text: string; share: number }> {
  const blocks = [...document.querySelectorAll<HTMLElement>(selector)]
  for (const [index, block] of blocks.entries()) {
    const { textContent, dataset } = block
    block.remove()
    yield { name: dataset.inklingFile ?? '', text: textContent ?? '', share: (index + 1) / blocks.length }
    await new Promise((resume) => setTimeout(resume))
  }
}

/**
 * Takes the files out of the page: a map of paths to bytes, as `createSearch` wants it.
 *
 * @param onProgress is told the share that is done, from 0 to 1
 */
export async function takeFiles(onProgress: (share: number) => void): Promise<Map<string, Uint8Array>> {
  const parts = new Map<string, Uint8Array[]>()
  for await (const { name, text, share } of takeBlocks('script[data-inkling-file]')) {
    parts.set(name, [...(parts.get(name) ?? []), decode(text)])
    onProgress(share)
  }
  return new Map([...parts].map(([name, list]) => [name, joined(list)]))
}

/** The bytes of a text in base64. */
function decode(text: string): Uint8Array {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index)
  return bytes
}

function joined(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
