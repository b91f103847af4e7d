/** The tiny model beside the demo, and what is run in a worker before anything else there. */
import { fileURLToPath } from 'node:url'
import type { Page } from '@playwright/test'
import type { Site } from './site.js'

/** Serves the tiny model to a page below `/tiny/`. */
export async function serveTiny(page: Page): Promise<void> {
  const folder = fileURLToPath(new URL('../data/tiny-quantized/', import.meta.url))
  await page.route('**/tiny/*', (route) =>
    route.fulfill({ path: `${folder}${new URL(route.request().url()).pathname.replace('/tiny/', '')}` }),
  )
}

/** Runs something in the worker before anything else there. */
export function inject(site: Site, script: string): void {
  site.alter = (path, body) => (path.endsWith('/worker.js') ? Buffer.concat([Buffer.from(`${script};\n`), body]) : body)
}

/** Has the GPU in software call itself a real one. */
export const LOOKS_REAL = `Object.defineProperty(GPUDevice.prototype, 'adapterInfo', { get: () => ({ vendor: 'acme', architecture: 'one' }) });
  Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false })`
