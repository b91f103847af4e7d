// The Astro integration: after a build it makes the site searchable, and the development server answers from the last build.

import { fileURLToPath } from 'node:url'
import { boxOf, headOf, indexSite, serveSearch } from 'inkling-search/site'

const MODULE = 'virtual:inkling-search'

/** @param {{ base: string, locales: string[] }} site what the component is to know of it @returns what Vite calls a plugin */
const tells = ({ base, locales }) => ({
  name: '@inkling-search/astro',
  resolveId: (/** @type {string} */ id) => (id === MODULE ? `\0${MODULE}` : undefined),
  load: (/** @type {string} */ id) =>
    id === `\0${MODULE}`
      ? `export const head = ${JSON.stringify(headOf(base))}; export const box = ${JSON.stringify(boxOf(base, locales))}`
      : undefined,
})

/**
 * @param {{ args?: string[], locales?: string[] }} [options] `args` are more flags of `inkling site`; `locales` the languages of the site,
 * where Astro's own `i18n` does not tell them
 * @returns {import('astro').AstroIntegration}
 */
export default function inkling({ args = [], locales } = {}) {
  let [base, root] = ['/', process.cwd()]
  return {
    name: '@inkling-search/astro',
    hooks: {
      'astro:config:setup': ({ config, updateConfig }) => {
        base = config.base
        root = fileURLToPath(config.root)
        const ofAstro =
          config.i18n?.locales.map((locale) => (typeof locale === 'string' ? locale : locale.codes[0])) ?? []
        updateConfig({ vite: { plugins: [tells({ base, locales: locales ?? ofAstro })] } })
      },
      'astro:server:setup': ({ server }) => {
        server.middlewares.use(serveSearch({ base, root }))
      },
      'astro:build:done': async ({ dir, logger }) => {
        const { pages, languages } = await indexSite(fileURLToPath(dir), { base, root, args })
        logger.info(`${pages} pages can be found (${languages.map(({ language }) => language).join(', ')})`)
      },
    },
  }
}
