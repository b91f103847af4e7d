// The Docusaurus theme: its search bar, and after a build what makes the site searchable.

const path = require('node:path')

/**
 * @param {import('@docusaurus/types').LoadContext} context
 * @param {{ args?: string[] }} [options] `args` are more flags of `inkling site`
 * @returns {Promise<import('@docusaurus/types').Plugin>}
 */
module.exports = async function inkling({ baseUrl, siteDir, i18n }, { args = [] } = {}) {
  const { headOf, indexSite, searchFolder } = await import('inkling-search/site')
  // Each language of a Docusaurus site is a build of its own.
  const name = i18n.currentLocale
  return {
    name: '@inkling-search/docusaurus',
    getThemePath: () => path.join(__dirname, 'theme'),
    injectHtmlTags: () => ({
      headTags: headOf(baseUrl).map(({ tag, attributes }) => ({ tagName: tag, attributes })),
    }),
    // The development server answers from the last build; before the first one the box is there, and says so.
    configureWebpack: () => ({
      devServer: {
        static: [
          { directory: searchFolder(siteDir, name), publicPath: `${baseUrl}search`, watch: false },
          {
            directory: path.join(require.resolve('inkling-search/package.json'), '../dist'),
            publicPath: `${baseUrl}search/page`,
            watch: false,
          },
        ],
      },
    }),
    async postBuild({ outDir }) {
      const { pages } = await indexSite(outDir, { base: baseUrl, root: siteDir, name, args })
      console.log(`[inkling-search] ${pages} pages can be found`)
    },
  }
}
