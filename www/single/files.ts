/** The files that a page carries inside itself, as blocks of base64 that the browser does not run. */

/** Characters of base64 that are decoded at a time, so that the page stays responsive: a multiple of four. */
const CHUNK = 1 << 20

/**
 * Takes the files out of the page: a map of paths to bytes, as `createSearch` wants it. The blocks are removed, so that the
 * browser can forget their text.
 *
 * @param onProgress is told the share that is done, from 0 to 1
 */
export async function takeFiles(onProgress: (share: number) => void): Promise<Map<string, Uint8Array>> {
  const blocks = [...document.querySelectorAll<HTMLScriptElement>('script[data-inkling-file]')]
  const total = blocks.reduce((sum, { textContent }) => sum + (textContent?.length ?? 0), 0)
  const files = new Map<string, Uint8Array>()
  let done = 0
  for (const block of blocks) {
    const text = block.textContent ?? ''
    files.set(block.dataset.inklingFile ?? '', await decode(text, (chars) => onProgress((done + chars) / total)))
    done += text.length
    block.remove()
  }
  return files
}

/** The bytes of a text in base64, decoded in steps. */
async function decode(text: string, onProgress: (chars: number) => void): Promise<Uint8Array> {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  for (let at = 0; at < text.length; at += CHUNK) {
    const part = atob(text.slice(at, at + CHUNK))
    const start = (at / 4) * 3
    for (let index = 0; index < part.length; index++) bytes[start + index] = part.charCodeAt(index)
    onProgress(Math.min(at + CHUNK, text.length))
    await new Promise((resume) => setTimeout(resume))
  }
  return bytes
}
