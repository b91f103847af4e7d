// The Starlight plugin: this search in place of Starlight's own.

import inkling from './index.js'

/**
 * @param {{ args?: string[] }} [options] `args` are more flags of `inkling site`
 * @returns {import('@astrojs/starlight/types').StarlightPlugin}
 */
export default function inklingStarlight({ args = [] } = {}) {
  return {
    name: '@inkling-search/astro',
    hooks: {
      'config:setup': ({ config, updateConfig, addIntegration }) => {
        const locales = Object.entries(config.locales ?? {}).map(([name, locale]) => locale?.lang ?? name)
        updateConfig({
          pagefind: false,
          components: { ...config.components, Search: '@inkling-search/astro/Search.astro' },
        })
        addIntegration(inkling({ args, locales }))
      },
    },
  }
}
