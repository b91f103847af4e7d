/**
 * WebGPU in Chromium on SwiftShader: right vectors, and the CPU in its place whenever it fails. What goes wrong is tried on
 * the tiny model, because SwiftShader takes seconds for a text with the real one.
 */
import type * as Inkling from 'inkling-search'
import { Asked } from './asked.js'
import { type EncoderPackage, expect, openBlank, type Package, type Site, sessions, test } from './site.js'
import { inject, LOOKS_REAL, serveTiny } from './tiny.js'

// The browser itself complains about what is injected here.
test.use({ complaintsAllowed: /WebGPU|GPU|WGSL|shader|device|buffer|pipeline|destroyed|error/i })

test.beforeEach(async ({ page, site }) => {
  await openBlank(page, site)
  await serveTiny(page)
})

/** Encodes a text with the tiny model three times on a backend, and once on the CPU; says what was in use before and after each time. */
async function encodeThrice(page: Parameters<typeof openBlank>[0], site: Site, backend: Inkling.BackendOption) {
  return page.evaluate(
    async ({ url, backend }) => {
      const { Encoder, similarity }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
      const cpu = await Encoder.load({ url: `${url}/tiny/`, backend: 'cpu' })
      const [expected] = (await cpu.encode(['Health data'])) as [Float32Array]
      cpu.dispose()
      const encoder = await Encoder.load({ url: `${url}/tiny/`, backend })
      const seen = [encoder.info]
      const cosines: number[] = []
      for (let i = 0; i < 3; i++) {
        const [vector] = (await encoder.encode(['Health data'])) as [Float32Array]
        cosines.push(similarity.cosine(vector, expected))
        seen.push(await encoder.decideBackend())
      }
      encoder.dispose()
      return { seen, lowest: Math.min(...cosines) }
    },
    { url: site.url, backend },
  )
}

test('asked for by name, the GPU encodes with the real model, and its vectors are those of the CPU', async ({
  page,
  site,
}) => {
  const { info, cosines, lengths } = await page.evaluate(async (url) => {
    const { Encoder, similarity }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
    const texts = ['Health data', 'La santé, 42 % : « oui »']
    const load = (backend: Inkling.BackendOption) => Encoder.load({ url: `${url}/search/model/documents/`, backend })
    const [gpu, cpu] = [await load('webgpu'), await load('cpu')]
    const [ours, theirs] = [await gpu.encode(texts), await cpu.encode(texts)]
    gpu.dispose()
    cpu.dispose()
    return {
      info: gpu.info,
      cosines: ours.map((vector, i) => similarity.cosine(vector, theirs[i]!)),
      lengths: ours.map((vector) => Math.sqrt(similarity.dot(vector, vector))),
    }
  }, site.url)
  expect(info).toMatchObject({ backend: 'webgpu', bulk: 'webgpu', why: 'asked for' })
  expect(info.adapter).toContain('swiftshader')
  for (const cosine of cosines) expect(cosine).toBeGreaterThan(0.99)
  for (const length of lengths) expect(length).toBeCloseTo(1, 4)
})

test('a search on the GPU finds what the CPU finds, and says what encoded the query', async ({ page, site }) => {
  // The student that asks the demo has a dense layer, which the GPU does not run.
  const index = new Asked('teacher', sessions)
  await index.serve(page)
  const [gpu, cpu] = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const ask = async (backend: Inkling.BackendOption) => {
      const search = await createSearch({ url: `${url}/asked/`, backend })
      await search.modelReady
      const { hits, backend: used } = await search.query('Health Analytics?', { mode: 'semantic' })
      search.dispose()
      return { ids: hits.map(({ id }) => id), used, info: search.info.backend }
    }
    return [await ask('webgpu'), await ask('cpu')]
  }, site.url)
  index.remove()
  expect(gpu).toEqual({ ids: cpu?.ids, used: 'webgpu', info: 'webgpu' })
  expect(cpu).toMatchObject({ used: 'cpu', info: 'cpu' })
})

test('by itself it does not take a GPU in software, and says why', async ({ page, site }) => {
  const { seen, lowest } = await encodeThrice(page, site, 'auto')
  expect(lowest).toBeGreaterThan(0.9999)
  expect(seen[0]).toMatchObject({
    backend: 'cpu',
    bulk: 'cpu',
    why: 'the GPU is tried with many texts',
  })
  expect(seen.at(-1)).toMatchObject({ backend: 'cpu', bulk: 'cpu' })
  expect(seen.at(-1)?.why).toContain('swiftshader')
  expect(seen.at(-1)?.why).toContain('computes on the CPU')
})

test('a GPU that looks real is measured once, and the verdict is remembered', async ({ page, site }) => {
  inject(site, LOOKS_REAL)
  const first = await encodeThrice(page, site, 'auto')
  const second = await encodeThrice(page, site, 'auto')
  const info = first.seen.at(-1)
  expect(info).toMatchObject({ backend: 'cpu', adapter: 'acme one' })
  expect(info?.why).toMatch(/faster.*measured here.*a query [\d.]+ and [\d.]+ ms/)
  expect(second.seen.at(-1)).toEqual(info)
})

/** What goes wrong, how it is brought about, and what the reason given must say. */
const NEVER_USABLE: [what: string, script: string, why: RegExp][] = [
  ['there is no adapter', 'GPU.prototype.requestAdapter = async () => null', /no GPU adapter/],
  [
    'the browser has no WebGPU',
    `Object.defineProperty(WorkerNavigator.prototype, 'gpu', { get: () => undefined })`,
    /no WebGPU/,
  ],
  [
    'the adapter gives no device',
    `GPUAdapter.prototype.requestDevice = async () => { throw new DOMException('busy', 'OperationError') }`,
    /no device/,
  ],
  [
    'a shader does not compile',
    `const create = GPUDevice.prototype.createShaderModule
    GPUDevice.prototype.createShaderModule = function (d) { return create.call(this, { ...d, code: d.code.replace('fn main', 'fn main main') }) }`,
    /GPU failed/,
  ],
  [
    'the vectors are wrong',
    `const create = GPUDevice.prototype.createShaderModule
    GPUDevice.prototype.createShaderModule = function (d) { return create.call(this, { ...d, code: d.code.replace('exp2(scores', 'exp2(-scores') }) }`,
    /vectors are wrong/,
  ],
  [
    'memory runs out',
    `const create = GPUDevice.prototype.createBuffer
    GPUDevice.prototype.createBuffer = function (d) {
      if (d.label === 'layer') this.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error: new GPUOutOfMemoryError('full') }))
      return create.call(this, d)
    }`,
    /out of memory/,
  ],
]

for (const [what, script, why] of NEVER_USABLE) {
  test(`when ${what}, the CPU encodes and the reason is told`, async ({ page, site }) => {
    inject(site, script)
    const { seen, lowest } = await encodeThrice(page, site, 'webgpu')
    expect(lowest).toBeGreaterThan(0.9999)
    for (const info of seen) {
      expect(info).toMatchObject({ backend: 'cpu', bulk: 'cpu' })
      expect(info.why).toMatch(why)
    }
  })
}

/** Loses the device in the middle of the first so many calls. */
const LOSE = (times: number) => `let device, left = ${times}, armed = false
  const request = GPUAdapter.prototype.requestDevice
  GPUAdapter.prototype.requestDevice = async function (d) { return (device = await request.call(this, d)) }
  const submit = GPUQueue.prototype.submit
  GPUQueue.prototype.submit = function (buffers) {
    submit.call(this, buffers)
    if (!armed) return
    armed = false
    device.destroy()
  }
  addEventListener('message', ({ data }) => { armed = data.method === 'encode' && left-- > 0 })`

test('when the device is lost, the CPU answers what was asked, and the device is opened once more', async ({
  page,
  site,
}) => {
  inject(site, LOSE(1))
  const { seen, lowest } = await encodeThrice(page, site, 'webgpu')
  expect(lowest).toBeGreaterThan(0.99)
  expect(seen.map(({ backend }) => backend)).toEqual(['webgpu', 'webgpu', 'webgpu', 'webgpu'])
  expect(seen.at(-1)?.why).toMatch(/asked for; before that .*lost/)
})

test('when the device is lost twice, the CPU takes over for good', async ({ page, site }) => {
  inject(site, LOSE(2))
  const { seen, lowest } = await encodeThrice(page, site, 'webgpu')
  expect(lowest).toBeGreaterThan(0.99)
  expect(seen.map(({ backend }) => backend)).toEqual(['webgpu', 'webgpu', 'cpu', 'cpu'])
  expect(seen.at(-1)?.why).toMatch(/lost/)
})

test('a bulk on the GPU is sent in large parts, without helpers, and has the vectors of the CPU', async ({
  page,
  site,
}) => {
  let workers = 0
  page.on('worker', () => workers++)
  const { progress, lowest } = await page.evaluate(async (url) => {
    const { Encoder, similarity }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
    const [gpu, cpu] = [
      await Encoder.load({ url: `${url}/tiny/`, backend: 'webgpu' }),
      await Encoder.load({ url: `${url}/tiny/`, backend: 'cpu' }),
    ]
    const texts = Array.from({ length: 300 }, (_, i) => `session ${i}: how a clinic shares what it has learned`)
    const progress: number[] = []
    const ours = await gpu.encode(texts, { workers: 3, onProgress: ({ done }) => progress.push(done) })
    const theirs = await cpu.encode(texts, { workers: 1 })
    gpu.dispose()
    cpu.dispose()
    return { progress, lowest: Math.min(...ours.map((vector, i) => similarity.cosine(vector, theirs[i]!))) }
  }, site.url)
  expect(progress).toEqual([256, 300])
  expect(workers).toBe(2)
  expect(lowest).toBeGreaterThan(0.99)
})

test('an encoder is loaded without the module for the GPU unless that is asked for, and the CPU encodes where it is missing', async ({
  page,
  site,
}) => {
  const load = (backend?: Inkling.BackendOption) =>
    page.evaluate(
      async ({ url, options }) => {
        const { Encoder }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
        const encoder = await Encoder.load({ url: `${url}/tiny/`, ...options })
        encoder.dispose()
        return encoder.info
      },
      { url: site.url, options: backend ? { backend } : {} },
    )
  expect(await load('cpu')).toMatchObject({ backend: 'cpu', why: 'the GPU was not asked for' })
  expect(await load()).toMatchObject({ backend: 'cpu', why: 'the GPU is tried with many texts' })
  expect(site.requests.filter((path) => path.includes('inkling-gpu'))).toEqual([])
  await page.route('**/inkling-gpu-*', (route) => route.fulfill({ status: 404 }))
  const info = await load('webgpu')
  expect(info).toMatchObject({ backend: 'cpu', bulk: 'cpu' })
  expect(info.why).toContain('cannot load the WebAssembly module')
})

test('a backend that there is not is refused', async ({ page, site }) => {
  const code = await page.evaluate(async (url) => {
    const { Encoder }: EncoderPackage = await import(`${url}/inkling/encoder.js`)
    return Encoder.load({ url: `${url}/tiny/`, backend: 'abacus' as never }).catch(
      ({ code }: Inkling.InklingError) => code,
    )
  }, site.url)
  expect(code).toBe('invalid-input')
})
