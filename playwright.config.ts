import { defineConfig } from '@playwright/test'

const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** WebGPU in software: what it computes is right, how long it takes means nothing. */
const SWIFTSHADER = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan']

/** Tests that count what moves between two frames, or take all processors: beside others they would wait, or make wait. */
const ALONE = /element-shift|pool|webgpu/

const executablePath = process.env.CHROMIUM || '/usr/bin/chromium'

/** Chromium without the window that its headless mode has, too, where it is installed: what needs no such window takes a third less time. */
const headlessPath = process.env.HEADLESS_CHROMIUM || executablePath

export default defineConfig({
  testDir: 'tests/browser',
  outputDir: 'test-results',
  reporter: 'list',
  forbidOnly: true,
  fullyParallel: true,
  // One more than there are processors: some wait for deadlines.
  workers: 3,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  use: {
    viewport: { width: 1280, height: 900 },
    screenshot: 'only-on-failure',
    // Tests that are not about it look at the site as it is served, and not as it was stored.
    serviceWorkers: 'block',
  },
  projects: [
    {
      name: 'chromium',
      testIgnore: ALONE,
      use: { launchOptions: { executablePath: headlessPath, args: [...FLAGS, '--disable-gpu'] } },
    },
    {
      name: 'alone',
      testMatch: ALONE,
      testIgnore: /webgpu/,
      workers: 1,
      use: { launchOptions: { executablePath, args: [...FLAGS, '--disable-gpu'] } },
    },
    {
      name: 'webgpu',
      testMatch: /webgpu/,
      workers: 1,
      use: { launchOptions: { executablePath, args: [...FLAGS, ...SWIFTSHADER] } },
    },
  ],
})
