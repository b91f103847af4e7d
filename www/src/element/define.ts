/** Importing this defines the tag `<inkling-search>`. It does nothing where there is no browser. */
import { InklingSearchElement, type InklingSearchEvents } from './element.js'

declare global {
  interface HTMLElementTagNameMap {
    'inkling-search': InklingSearchElement
  }
  interface GlobalEventHandlersEventMap extends InklingSearchEvents {}
}

if (globalThis.customElements && !customElements.get('inkling-search')) {
  customElements.define('inkling-search', InklingSearchElement)
}

export { InklingSearchElement }
