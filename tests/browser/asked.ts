/** An index that a student asks: what encodes its documents lies apart, in `model/documents/`. Or that the teacher asks itself. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Page } from '@playwright/test'
import { cli, modelFolder, queryModelFolder } from '../../scripts/site.mjs'
import { sessions } from './site.js'

/** An index of some of the demo's sessions, or of all. */
export class Asked {
  readonly #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-asked-'))
  /** The paths asked for so far, below the folder of the index. */
  readonly requests: string[] = []
  /** Whether the site serves what encodes documents. */
  servesDocumentsModel = true

  constructor(asks: 'student' | 'teacher' = 'student', documents = sessions.slice(0, 8)) {
    fs.writeFileSync(path.join(this.#folder, 'some.json'), JSON.stringify(documents))
    const models = ['--model', modelFolder, ...(asks === 'student' ? ['--query-model', queryModelFolder] : [])]
    execFileSync(cli, ['index', 'some.json', ...models, '--out', 'asked'], { cwd: this.#folder, stdio: 'ignore' })
  }

  /** Serves it to a page below `/asked/`. */
  async serve(page: Page): Promise<void> {
    await page.route('**/asked/**', async (route) => {
      const name = new URL(route.request().url()).pathname.replace(/^.*\/asked\//, '')
      this.requests.push(name)
      const isThere = this.servesDocumentsModel || !name.startsWith('model/documents/')
      await route.fulfill(isThere ? { path: path.join(this.#folder, 'asked', name) } : { status: 404 })
    })
  }

  remove(): void {
    fs.rmSync(this.#folder, { recursive: true, force: true })
  }
}
