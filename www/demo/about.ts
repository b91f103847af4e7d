/** What the page says of the programme that it is of. */

const said = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content || undefined

/** Its short name. */
export const NAME = said('application-name') ?? document.title

/** Where its times are those of clocks, such as `Europe/Oslo`; undefined where that is not known. */
export const TIME_ZONE = said('time-zone')
