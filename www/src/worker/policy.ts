/** Trusted Types: the one policy of this package, for the addresses of its workers. */

/** The part of Trusted Types that is used here; the compiler's own library has no types for it yet. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

let policy: ReturnType<TrustedTypes['createPolicy']> | undefined

/** The policy `inkling`. Undefined where the browser has no Trusted Types, and where the site's policy does not list the name. */
export function inklingPolicy(): typeof policy {
  try {
    policy ??= (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('inkling', {
      createScriptURL: (url) => url,
    })
  } catch {
    // Where nothing is enforced the worker starts without; else its own error says what is missing.
  }
  return policy
}
