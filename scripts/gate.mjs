// What `.ci/run` asks of a change: all checks and all tests. What compiles is done side by side; what measures the
// patience of a browser has the machine for itself. A check that fails does not stop the others, so one run says all that
// is wrong; what cannot be built stops everything.

import { NATIVE } from './cargo.mjs'
import { checkDocs, checkEachFeature, checkFormat, checkTypes, lintNative, lintWasm, setUpChecks } from './check.mjs'
import { installEngines } from './engines.mjs'
import { sideBySide } from './lanes.mjs'
import { EVERYTHING, everyChange, layers } from './layers.mjs'
import { Stop, script } from './lib.mjs'
import { installChromium, installVulkan } from './setup.mjs'
import { buildCliAndTests } from './site.mjs'
import { checkSupply } from './supply.mjs'
import { counted } from './test.mjs'
import { buildWasm } from './wasm.mjs'

/** @type {unknown[]} */
const failures = []

/** A check whose failure is kept for the end. @param {() => Promise<unknown>} check */
const kept = (check) => () => check().catch((error) => void failures.push(error))

/** @param {string[]} names the layers to run, in this order */
const tests = (...names) =>
  names.flatMap((name) => {
    const layer = /** @type {import('./layers.mjs').Layer} */ (layers[name])
    return [layer.prepare, kept(() => layer.run(EVERYTHING))]
  })

await script(() =>
  counted(async () => {
    await setUpChecks()
    await kept(checkFormat)()
    await kept(checkSupply)()
    await sideBySide([
      [
        () => buildCliAndTests(NATIVE),
        kept(lintNative),
        ...tests('rust', 'export'),
        kept(checkDocs),
        kept(checkEachFeature),
        kept(lintWasm),
      ],
      [() => buildWasm(), kept(checkTypes), ...tests('unit', 'wasm')],
      // What comes over the network, while the others compile.
      [
        installChromium,
        installEngines,
        installVulkan,
        async () => (await import('../tests/package/project.mjs')).installBundlers(),
      ],
    ])
    for (const step of tests(...everyChange.filter((name) => !['rust', 'export', 'unit', 'wasm'].includes(name))))
      await step()
    const said = failures.map((error) => (error instanceof Stop ? error.message : String(error)))
    if (said.length > 0) throw new Stop(said.join('\n'))
  }),
)
