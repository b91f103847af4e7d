/** Sessions as a calendar file (RFC 5545). */
import type { Session } from './programme.js'

/** The rules of time zones, which a calendar must be told along with their names. In others times have no zone. */
const ZONES: Record<string, string[]> = {
  'Europe/Oslo': [
    'BEGIN:VTIMEZONE',
    'TZID:Europe/Oslo',
    'BEGIN:DAYLIGHT',
    'DTSTART:19960331T020000',
    'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU',
    'TZOFFSETFROM:+0100',
    'TZOFFSETTO:+0200',
    'TZNAME:CEST',
    'END:DAYLIGHT',
    'BEGIN:STANDARD',
    'DTSTART:19961027T030000',
    'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU',
    'TZOFFSETFROM:+0200',
    'TZOFFSETTO:+0100',
    'TZNAME:CET',
    'END:STANDARD',
    'END:VTIMEZONE',
  ],
}

/** A date with a time, and how far that is from UTC where it says so. */
const MOMENT = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/

/** The longest line, in bytes and without its end. */
const LINE_BYTES = 75

/** Whether a session can be in a calendar: where it says when it begins, with a date. */
export const isDated = ({ start }: Session): boolean => MOMENT.test(start)

/** A calendar of sessions. `made` is when, `address` gives the page of a session, and `zone` is where their times are those of clocks. */
export function calendar(
  sessions: readonly Session[],
  made: Date,
  address: (id: string) => string,
  zone: string | undefined,
): string {
  const rules = ZONES[zone ?? '']
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Inkling//Programme//EN', ...(rules ?? [])]
  for (const session of sessions.filter(isDated))
    lines.push(...event(session, made, address(session.id), rules ? zone : undefined))
  return [...lines, 'END:VCALENDAR'].map((line) => `${fold(line)}\r\n`).join('')
}

function event(session: Session, made: Date, url: string, zone: string | undefined): string[] {
  const { id, title, abstract, speakers, start, end, room, track } = session
  return [
    'BEGIN:VEVENT',
    `UID:${escape(id)}@${new URL(url).hostname}`,
    `DTSTAMP:${plain(made.toISOString())}`,
    ...moment('DTSTART', start, zone),
    ...moment('DTEND', end, zone),
    `SUMMARY:${escape(title)}`,
    ...(room ? [`LOCATION:${escape(room)}`] : []),
    ...(track ? [`CATEGORIES:${escape(track)}`] : []),
    `DESCRIPTION:${escape([speakers.join(', '), abstract].filter(Boolean).join('\n\n'))}`,
    `URL:${url}`,
    'END:VEVENT',
  ]
}

/** A time by its name: in UTC where it says how far it is from that, else of the clocks in the zone, or of all clocks. */
function moment(name: string, time: string, zone: string | undefined): string[] {
  const [, date, clock, offset] = MOMENT.exec(time) ?? []
  if (!date || !clock) return []
  if (offset) return [`${name}:${plain(new Date(time).toISOString())}`]
  return [`${name}${zone ? `;TZID=${zone}` : ''}:${plain(`${date}T${clock}:00`)}`]
}

/** `2027-05-10T08:45:00.000Z` is `20270510T084500Z`. */
const plain = (time: string) => time.replace(/[-:]|\.\d+/g, '')

/** Text as a value: what would end it or begin another is escaped, and control characters are left out. */
function escape(text: string): string {
  return text
    .replace(/[\\;,]/g, '\\$&')
    .replace(/\r\n?|\n/g, '\\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
}

/** A line broken so that no part is longer than allowed, and no character is cut in two. */
function fold(line: string): string {
  let folded = ''
  let bytes = 0
  for (const character of line) {
    const size = new TextEncoder().encode(character).length
    if (bytes + size > LINE_BYTES) {
      folded += '\r\n '
      bytes = 1
    }
    folded += character
    bytes += size
  }
  return folded
}
