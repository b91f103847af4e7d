/** Sessions as a calendar file (RFC 5545). */
import type { Session } from './programme.js'

/** Where the summit is: its times are those of clocks there. */
const TIME_ZONE = 'Europe/Oslo'

/** The rule of that zone since 1996, which a calendar must be told along with its name. */
const ZONE = [
  'BEGIN:VTIMEZONE',
  `TZID:${TIME_ZONE}`,
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
]

/** The longest line, in bytes and without its end. */
const LINE_BYTES = 75

/** A calendar of sessions. `made` is when, and `address` gives the page of a session. */
export function calendar(sessions: readonly Session[], made: Date, address: (id: string) => string): string {
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Inkling//Northlight Analytics Summit//EN', ...ZONE]
  for (const session of sessions) lines.push(...event(session, made, address(session.id)))
  return [...lines, 'END:VCALENDAR'].map((line) => `${fold(line)}\r\n`).join('')
}

function event({ id, title, abstract, speakers, start, end, room, track }: Session, made: Date, url: string): string[] {
  return [
    'BEGIN:VEVENT',
    `UID:${escape(id)}@northlight.example`,
    `DTSTAMP:${made.toISOString().replace(/[-:]|\.\d+/g, '')}`,
    `DTSTART;TZID=${TIME_ZONE}:${local(start)}`,
    `DTEND;TZID=${TIME_ZONE}:${local(end)}`,
    `SUMMARY:${escape(title)}`,
    `LOCATION:${escape(room)}`,
    `CATEGORIES:${escape(track)}`,
    `DESCRIPTION:${escape(`${speakers.join(', ')}\n\n${abstract}`)}`,
    `URL:${url}`,
    'END:VEVENT',
  ]
}

/** `2027-05-10T08:45` is `20270510T084500`. */
const local = (time: string) => `${time.replace(/[-:]/g, '')}00`

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
