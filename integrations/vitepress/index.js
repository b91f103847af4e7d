// VitePress with this search in place of its own: the box in the navigation bar, and after a build what makes the site searchable.

import { fileURLToPath } from 'node:url'
import { boxOf, headOf, indexSite, serveSearch } from 'inkling-search/site'

/**
 * @template {import('vitepress').UserConfig} Config
 * @param {Config} config what `defineConfig` gives
 * @param {{ args?: string[] }} [options] `args` are more flags of `inkling site`
 * @returns {Config}
 */
export function withInkling(config, { args = [] } = {}) {
  const { base = '/', locales = {} } = config
  const langs = Object.entries(locales).map(
    ([name, { lang }]) => lang ?? (name === 'root' ? config.lang : name) ?? 'en',
  )
  const head = headOf(base).map(({ tag, attributes }) => [tag, attributes])
  const isCustomElement = config.vue?.template?.compilerOptions?.isCustomElement
  const plugin = {
    name: '@inkling-search/vitepress',
    config: () => ({
      define: { __INKLING_BOX__: JSON.stringify(boxOf(base, langs)) },
      resolve: {
        alias: [
          { find: /^.*\/VPNavBarSearch\.vue$/, replacement: fileURLToPath(new URL('Search.vue', import.meta.url)) },
        ],
      },
    }),
    configureServer: (/** @type {import('vite').ViteDevServer} */ server) =>
      void server.middlewares.use(serveSearch({ base })),
  }
  return {
    ...config,
    head: [...(config.head ?? []), ...head],
    vite: { ...config.vite, plugins: [...(config.vite?.plugins ?? []), plugin] },
    vue: {
      ...config.vue,
      template: {
        ...config.vue?.template,
        compilerOptions: {
          ...config.vue?.template?.compilerOptions,
          isCustomElement: (/** @type {string} */ tag) => tag === 'inkling-search' || !!isCustomElement?.(tag),
        },
      },
    },
    async buildEnd(site) {
      await config.buildEnd?.(site)
      const { pages } = await indexSite(site.outDir, { base, args })
      site.logger.info(`${pages} pages can be found`)
    },
  }
}
