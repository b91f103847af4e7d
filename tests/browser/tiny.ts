/** The tiny model, also beside the demo, and what is run in a worker before anything else there. */
import type { Page } from '@playwright/test'
import { at } from '../../scripts/lib.mjs'
import type { Site } from './site.js'

const folder = at('tests', 'data', 'tiny-quantized')

/** Has the command line index with the tiny model, which takes 48 tokens. */
export const TINY = ['--model', folder, '--passage-tokens', '40', '--overlap', '8']

/** Serves the tiny model to a page below `/tiny/`. */
export async function serveTiny(page: Page): Promise<void> {
  await page.route('**/tiny/*', (route) =>
    route.fulfill({ path: `${folder}${new URL(route.request().url()).pathname.replace('/tiny', '')}` }),
  )
}

/** Runs something in the worker before anything else there. */
export function inject(site: Site, script: string): void {
  site.alter = (path, body) => (path.endsWith('/worker.js') ? Buffer.concat([Buffer.from(`${script};\n`), body]) : body)
}

/** Has the GPU in software call itself a real one. */
export const LOOKS_REAL = `Object.defineProperty(GPUDevice.prototype, 'adapterInfo', { get: () => ({ vendor: 'acme', architecture: 'one' }) });
  Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false })`
