// The box in the navigation bar: a dialog over the page.

import useBaseUrl from '@docusaurus/useBaseUrl'
import { createElement } from 'react'

export default function SearchBar() {
  const src = useBaseUrl('/search/')
  // What the element makes inside is its own: React is told that it knows all of it.
  const own = { dangerouslySetInnerHTML: { __html: '' }, suppressHydrationWarning: true }
  return createElement('inkling-search', { src, modal: '', ...own })
}
