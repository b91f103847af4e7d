/** What the parts of the API have in common, once on a page: errors are of one class, and the Trusted Types policy is made once. */

export * from './errors.js'
export * from './worker/client.js'
export * from './worker/latest.js'
